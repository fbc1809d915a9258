# A handshake and requests on one connection; what variables say of them.
use lib 't/lib';
use Proxycache;
use Certificates;

my $certs = Certificates->new->make('one.test');
my $pc = Proxycache->start(http => <<"E");
    server {
        listen %%listen%% ssl;
        @{[$certs->lines('one.test')]}
        location / { return 200 "\$scheme \$https \$ssl_protocol \$ssl_cipher \$ssl_server_name \$ssl_session_reused \$ssl_curve \$ssl_client_verify"; }
        location /go { return 301 /there; }
    }
E
my $port = $pc->port('listen');
my @to = ('--cacert', $certs->cert('ca'), '--resolve', "one.test:$port:127.0.0.1");
# OpenSSL 3.5 agrees on X25519MLKEM768, which has no short name: nginx's hexadecimal number.
like curl(@to, "https://one.test:$port/"),
    qr/^https on TLSv1\.3 TLS_AES_256_GCM_SHA384 one\.test \. (?:X25519|0x11ec) NONE$/, 'the variables of the connection';
my $twice = curl(@to, '-w', ' %{num_connects} ', "https://one.test:$port/", "https://one.test:$port/");
like $twice, qr/ 1 https.* 0 /, 'the connection is used again';
like curl(@to, '-D-', '-o/dev/null', "https://one.test:$port/go"), qr{^location: https://one\.test:$port/there\r}mi,
    'redirects go to https';
like curl(@to, '-w', '%{http_version}', '--http2', "https://one.test:$port/"), qr/1\.1$/, 'ALPN chooses http/1.1';
done_testing;
