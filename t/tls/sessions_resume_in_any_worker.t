# Tickets and sessions by id are resumed whichever worker answers, and by the workers after a reload.
use lib 't/lib';
use Proxycache;
use Certificates;

my $certs = Certificates->new->make('one.test');
my $pc = Proxycache->start(workers => 4, http => <<"E");
    @{[$certs->lines('one.test')]}
    ssl_session_cache shared:SSL:1m;
    server { listen %%listen%% ssl; return 200 "\$pid \$ssl_session_reused"; }
    server { listen %%listen_b%% ssl; ssl_session_tickets off; return 200 "\$pid \$ssl_session_reused"; }
E
my $ask = "GET / HTTP/1.0\r\n\r\n";
my %ways = (
    'a TLS 1.3 ticket' => ['listen', '-tls1_3'],
    'a TLS 1.2 ticket' => ['listen', '-tls1_2'],
    'a TLS 1.2 session by its id' => ['listen_b', '-tls1_2'],
    'a TLS 1.3 session without a ticket of its own' => ['listen_b', '-tls1_3'],
);
my %file;
for my $way (sort keys %ways) {
    my ($listen, $version) = $ways{$way}->@*;
    $file{$way} = $certs->path($way =~ s/\W/_/gr);
    like s_client($pc->address($listen), $ask, $version, '-sess_out', $file{$way}), qr/\d+ \.\z/, "$way is new";
}
sub resumes ($way) {
    my ($listen, $version) = $ways{$way}->@*;
    my (%pids, $full);
    # A session of TLS 1.3 that only the server keeps serves once.
    my $once = $way =~ /without/;
    for (1 .. ($once ? 1 : 40)) {
        my $text = s_client($pc->address($listen), $ask, $version, '-sess_in', $file{$way});
        $text =~ /(\d+) ([r.])\z/ or return "no answer: $text";
        return "not resumed by $1" if $2 ne 'r';
        $pids{$1} = 1;
        return 'resumed' if $once || keys %pids > 1;
    }
    return 'only one worker answered';
}
is resumes($_), 'resumed', "$_, by several workers" for sort keys %ways;
$pc->reload;
is resumes($_), 'resumed', "$_, after a reload" for grep { !/without/ } sort keys %ways;
done_testing;
