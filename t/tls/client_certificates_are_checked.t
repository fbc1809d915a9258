# ssl_verify_client: who is let in, what others are told, and what variables say.
use lib 't/lib';
use Proxycache;
use Certificates;

my $certs = Certificates->new->make('default.test')->make('alice')->make('mallory', ca => 1)->make('eve', by => 'mallory')
    ->make('revoked');
my $crl = $certs->revoke('revoked');
my $server = sub ($name, $more) {
    "server { listen %%listen%% ssl; server_name $name; $more location / { return 200 "
        . '"$ssl_client_verify|$ssl_client_s_dn|$ssl_client_i_dn|$ssl_client_serial"; } }';
};
my $ca = 'ssl_client_certificate ' . $certs->cert('ca') . ';';
my $pc = Proxycache->start(http => $certs->lines('default.test')
    . $server->('open.test', '')
    . $server->('on.test', "ssl_verify_client on; $ca ssl_crl $crl;")
    . $server->('optional.test', "ssl_verify_client optional; $ca")
    . $server->('any.test', "ssl_verify_client optional_no_ca;")
    . $server->('page.test', "ssl_verify_client on; $ca error_page 495 496 =200 /sorry; location = /sorry { return 403 'sorry'; }"));

sub ask ($name, $who = undef, %option) {
    my $port = $pc->port;
    my @as = defined $who ? ('--cert', $certs->cert($who), '--key', $certs->key($who)) : ();
    my $text = curl('-k', @as, '-w', '|%{http_code}', '--resolve', "$name:$port:127.0.0.1",
        $option{host} ? ('-H', "Host: $option{host}") : (), "https://$name:$port/");
    return $text =~ s/<title>(.*?)<.*\|/$1|/sr =~ s/\A.*?(?=400)//sr;
}
is ask('open.test', 'alice'), 'NONE|||' . '|200', 'nobody is asked: no certificate is seen';
like ask('on.test', 'alice'), qr/^SUCCESS\|CN=alice\|CN=ca\|\d+\|200$/, 'on: a good certificate';
is ask('on.test'), '400 No required SSL certificate was sent|400', 'on: none';
is ask('on.test', 'eve'), '400 The SSL certificate error|400', 'on: of another authority';
is ask('on.test', 'revoked'), '400 The SSL certificate error|400', 'on: revoked';
is ask('optional.test'), 'NONE||||200', 'optional: none';
like ask('optional.test', 'alice'), qr/^SUCCESS\|CN=alice/, 'optional: a good one';
is ask('optional.test', 'eve'), '400 The SSL certificate error|400', 'optional: a bad one';
like ask('any.test', 'eve'), qr/^FAILED:unable to [\w ]+\|CN=eve\|CN=mallory\|/, 'optional_no_ca: left to others';
like ask('page.test'), qr/^sorry\|200$/, 'error_page 496';
like ask('open.test', undef, host => 'on.test'), qr/\|421$/, 'another server behind an open door is not reached';
like ask('optional.test', undef, host => 'on.test'), qr/\|421$/, 'nor by a door that asks otherwise';
like $pc->error_log, qr/client SSL certificate verify error: \(23:certificate revoked\)/, 'the log says why';
done_testing;
