# The name in the ClientHello picks the server's certificate: exact, wildcard, regular expression, default.
use lib 't/lib';
use Proxycache;
use Certificates;

my $certs = Certificates->new->make('default.test')->make('one.test')
    ->make('wild', names => ['*.wild.test'])->make('regex', names => ['r1.test']);
my $server = sub ($name, $cert, $listen = 'listen %%listen%% ssl;') {
    "server { $listen server_name $name; @{[$certs->lines($cert)]} location / { return 200 '$cert'; } }\n";
};
my $pc = Proxycache->start(http => join '', $server->('default.test', 'default.test'), $server->('one.test', 'one.test'),
    $server->('*.wild.test', 'wild'), $server->('~^r\d\.test$', 'regex'), <<'E',
    server { listen %%listen%% ssl; server_name bare.test; location / { return 200 "bare"; } }
    server { listen %%listen_b%% ssl default_server; ssl_reject_handshake on; }
E
    $server->('one.test', 'one.test', 'listen %%listen_b%% ssl;'));

sub ask ($name, $listen = 'listen') {
    my $port = $pc->port($listen);
    my ($body, $code) = curl('--cacert', $certs->cert('ca'), '--resolve', "$name:$port:127.0.0.1",
        "https://$name:$port/");
    return $code ? "curl: $code" : $body;
}
is ask('default.test'), 'default.test', 'the default server';
is ask('one.test'), 'one.test', 'an exact name';
is ask('ONE.test'), 'one.test', 'case does not matter';
is ask('a.wild.test'), 'wild', 'a wildcard';
is ask('r1.test'), 'regex', 'a regular expression';
like s_client($pc->address, "GET / HTTP/1.0\r\nHost: bare.test\r\n\r\n", '-servername', 'bare.test'),
    qr/CN ?= ?default\.test.*bare\z/s, 'a server without a certificate has that of the default server';
like s_client($pc->address, "GET / HTTP/1.0\r\n\r\n", '-noservername'), qr/CN ?= ?default\.test/,
    'without a name: the default server';
is ask('one.test', 'listen_b'), 'one.test', 'a name that is known where others are rejected';
like s_client($pc->address('listen_b'), '', '-servername', 'other.test'), qr{unrecognized name},
    'ssl_reject_handshake refuses other names';
like s_client($pc->address('listen_b'), '', '-noservername'), qr{unrecognized name}, 'and no name';
done_testing;
