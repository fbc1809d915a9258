# TLS to origins, by proxy_pass https:// and by grpc_pass grpcs://: who is not whom we mean gets no request, peers of one upstream
# each have a name of their own, and proxy_ssl_* or grpc_ssl_* say otherwise.
use lib 't/lib';
use Proxycache;
use Certificates;

my $certs = Certificates->new->make('localhost')->make('b.test')->make('other', ca => 1)->make('stranger', by => 'other')
    ->make('alice')->make('revoked', names => ['localhost']);
my $crl = $certs->revoke('revoked');
my ($ca, $other) = map { $certs->cert($_) } qw(ca other);
my $say = 'return 200 "$ssl_server_name $ssl_protocol $ssl_cipher $ssl_alpn_protocol $ssl_client_s_dn $http_host";';
my $origin = Proxycache->start(http => "http2 on; ssl_client_certificate $ca; ssl_verify_client optional;"
    . "server { listen %%listen_a%% ssl default_server; @{[$certs->lines('localhost')]} $say }"
    . "server { listen %%listen_b%% ssl; server_name b.test; @{[$certs->lines('b.test')]} $say }"
    . "server { listen %%listen_c%% ssl; @{[$certs->lines('revoked')]} $say }");
my %port = map { $_ => $origin->port("listen_$_") } qw(a b c);
my $alice = 'proxy_ssl_certificate ' . $certs->cert('alice') . '; proxy_ssl_certificate_key ' . $certs->key('alice') . ';';
my $conf = <<"E";
    upstream one { server localhost:$port{a}; }
    upstream named.test { server 127.0.0.1:$port{a}; }
    upstream pair { server 127.0.0.1:$port{b}; server localhost:$port{a} backup; }
    server {
        listen %%listen%%;
        proxy_ssl_trusted_certificate $ca;
        location /host { proxy_pass https://localhost:$port{a}; }
        location /line { proxy_pass https://one; }
        location /address { proxy_pass https://named.test; }
        location /named { proxy_pass https://named.test; proxy_ssl_name localhost:99; }
        location /silent { proxy_pass https://one; proxy_ssl_server_name off; }
        location /b { proxy_pass https://127.0.0.1:$port{b}; proxy_ssl_name b.test; }
        location /ip { proxy_pass https://127.0.0.1:$port{a}; }
        location /off { proxy_pass https://127.0.0.1:$port{a}; proxy_ssl_verify off; }
        location /untrusted { proxy_pass https://one; proxy_ssl_trusted_certificate $other; }
        location /revoked { proxy_pass https://localhost:$port{c}; proxy_ssl_crl $crl; }
        location /unlisted { proxy_pass https://localhost:$port{c}; }
        location /depth { proxy_pass https://one; proxy_ssl_verify_depth 0; }
        location /next { proxy_pass https://pair; }
        location /as { proxy_pass https://one; $alice }
        location /twelve { proxy_pass https://one; proxy_ssl_protocols TLSv1.2; proxy_ssl_ciphers ECDHE-ECDSA-AES256-GCM-SHA384; }
        location /suite { proxy_pass https://one; proxy_ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256; }
        location /variable { set \$to localhost:$port{a}; proxy_pass https://\$to; }
    }
E
for (['proxy', 'http/1\.1', $conf], ['grpc', 'h2', $conf =~ s/proxy_ssl/grpc_ssl/gr =~ s{proxy_pass https:}{grpc_pass grpcs:}gr]) {
    my ($family, $protocol, $http) = @$_;
    my $pc   = Proxycache->start(http => $http);
    my $body = sub ($target) { $pc->get($target)->body };
    like $body->('/host'), qr{^localhost TLSv1\.3 \S+ $protocol  localhost:$port{a}$}, "by the name in ${family}_pass, which is sent";
    like $body->('/line'), qr/^localhost .* one$/, "by the name in the upstream's server line";
    like $body->('/named'), qr/^localhost /, "${family}_ssl_name, without its port";
    like $body->('/silent'), qr/^ TLS/, "${family}_ssl_server_name off: no name is sent";
    like $body->('/b'), qr/^b\.test /, 'another name at an address';
    like $body->('/off'), qr/^ TLS/, "${family}_ssl_verify off: anybody; addresses are not sent";
    like $body->('/unlisted'), qr/^localhost /, 'revoked, but nobody asks';
    like $body->('/depth'), qr/^localhost /, 'no certificate stands between';
    like $body->('/as'), qr/ CN=alice /, "${family}_ssl_certificate";
    like $body->('/twelve'), qr/TLSv1\.2 ECDHE-ECDSA-AES256-GCM-SHA384/, "${family}_ssl_protocols and ${family}_ssl_ciphers";
    like $body->('/suite'), qr/TLS_AES_128_GCM_SHA256/, "${family}_ssl_conf_command";
    like $body->('/variable'), qr/^localhost /, "${family}_pass with variables";
    my %bad = ('/address' => 'upstream SSL certificate does not match "named.test"', '/ip' => 'does not match "127.0.0.1"',
        '/untrusted' => 'upstream SSL certificate verify error: \(\d+:unable to get (?:local )?issuer certificate',
        '/revoked' => 'upstream SSL certificate verify error: \(23:certificate revoked\)');
    for my $target (sort keys %bad) {
        is $pc->get($target)->status, 502, "$target: 502";
        like $pc->error_log, qr/$bad{$target}.* while SSL handshaking to upstream.*$target/, 'and the log says why';
    }
    like $body->('/next'), qr/^localhost .* pair$/, 'a peer that is not whom we mean is an error: the next is asked';
}
done_testing;
