# Reloads while clients make handshakes and requests.
use lib 't/lib';
use Proxycache;
use Certificates;

my $certs = Certificates->new->make('one.test');
my $pc = Proxycache->start(workers => 4, http =>
    "server { listen %%listen%% ssl; @{[$certs->lines('one.test')]} return 200 'here'; }");
my $url = 'https://' . $pc->address . '/[1-40]';
my @clients = map {
    my $kind = $_;
    background(sub {
        my ($failed, $answers) = (0, 0);
        for (1 .. 4) {
            my ($text, $code) = curl('-k', $kind ? () : ('-H', 'Connection: close'), $url);
            ++$failed if $code;
            $answers += () = $text =~ /here/g;
        }
        return "$failed $answers";
    })
} 0 .. 1;
$pc->reload for 1 .. 3;
is $_->result, '0 160', 'all requests of a client are answered' for @clients;
done_testing;
