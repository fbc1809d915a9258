# GET, HEAD and POST over HTTP/2, with prior knowledge and by ALPN, proxied and cached; HTTP/1.1 on the same addresses.
use lib 't/lib';
use Proxycache;
use Certificates;

my $certs  = Certificates->new->make('a.test')->make('b.test');
my $origin = Origin->new(sub ($request) {
    return [200, {'Cache-Control' => 'max-age=60'}, 'cached ' . $request->number] if $request->target eq '/cached';
    return [200, {'X-Host' => $request->header('Host')}, join ' ', $request->method, $request->target, $request->body];
});
my $pc = Proxycache->start(origin => $origin, http => <<"H");
    proxy_cache_path %%prefix%%/cache keys_zone=z:1m;
    log_format f '\$request \$status \$server_protocol [\$http2] \$ssl_alpn_protocol';
    access_log logs/access.log f;
    server {
        listen %%listen%%; listen %%listen_tls%% ssl; server_name a.test; http2 on;
        @{[$certs->lines('a.test')]}
        location / { proxy_pass http://%%origin%%; add_header X-Http2 "\$http2"; }
        location /cached { proxy_pass http://%%origin%%; proxy_cache z; }
    }
    server { listen %%listen_tls%% ssl; server_name b.test; @{[$certs->lines('b.test')]} return 200 b; }
    server { listen %%listen_off%%; return 200 off; }
H
my ($port, $tls) = ($pc->port('listen'), $pc->port('listen_tls'));
my @resolve = map { ('--resolve', "$_:$tls:127.0.0.1") } qw(a.test b.test);
sub ask (@arguments) {
    open my $out, '-|', 'curl', '-s', '-m', 30, '--cacert', $certs->cert('ca'), @resolve, '-w', '|%{http_code} %{http_version}', @arguments or die;
    local $/;
    return scalar <$out>;
}

my %url = ("http://127.0.0.1:$port" => '--http2-prior-knowledge', "https://a.test:$tls" => '--http2');
for my $url (sort keys %url) {
    my @how = ($url{$url});
    is ask(@how, "$url/x?y"), 'GET /x?y |200 2', "GET $url";
    like ask(@how, '-I', "$url/x"), qr/\|200 2$/, 'HEAD';
    is ask(@how, '--data-binary', 'abc', "$url/x"), 'POST /x abc|200 2', 'POST';
    is ask(@how, '-T', $0, "$url/x"), 'PUT /x ' . do { local (@ARGV, $/) = $0; <> } . '|200 2', 'PUT of a file';
    is ask(@how, "$url/cached"), 'cached ' . ($url =~ /https/ ? 12 : 5) . '|200 2', 'a miss';
    my $before = $origin->requests;
    like ask(@how, "$url/cached"), qr/^cached \d+\|200 2$/, 'a hit';
    is $origin->requests, $before, 'without the origin';
    is ask("$url/x"), "GET /x |200 " . ($url =~ /https/ ? 2 : '1.1'), 'without a wish';
    is ask('--http1.1', "$url/x"), 'GET /x |200 1.1', 'HTTP/1.1';
}
is ask('--http2', "https://b.test:$tls/"), 'b|200 1.1', 'ALPN is by name: this server has no HTTP/2';
is ask('--http2-prior-knowledge', "http://127.0.0.1:" . $pc->port('listen_off') . '/') =~ /200/ ? 1 : 0, 0, 'nor has this address';
is ask("http://127.0.0.1:" . $pc->port('listen_off') . '/'), 'off|200 1.1', 'HTTP/1.1 there';
my $log = join '', $pc->access_log;
like $log, qr{^GET /x\?y HTTP/2\.0 200 HTTP/2\.0 \[h2c\] -?$}m, 'the log of h2c';
like $log, qr{^POST /x HTTP/2\.0 200 HTTP/2\.0 \[h2\] h2$}m, 'of h2';
like $log, qr{^GET /x HTTP/1\.1 200 HTTP/1\.1 \[-?\] http/1\.1$}m, 'of HTTP/1.1 over TLS';
done_testing;
