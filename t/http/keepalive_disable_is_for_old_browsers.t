# keepalive_disable: msie6 after a POST, safari always; none for nobody.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(server => <<'E');
    location /     { return 200; }
    location /none { keepalive_disable none; return 200; }
    location /both { keepalive_disable msie6 safari; return 200; }
E
my $explorer = 'Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)';
my $safari   = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9) AppleWebKit/537 (KHTML, like Gecko) Version/7.0 Safari/537';
my $chrome   = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9) AppleWebKit/537 (KHTML, like Gecko) Chrome/99.0 Safari/537';
sub kept ($method, $path, $agent) {
    my $response = $pc->connect->ask($method, $path, {'User-Agent' => $agent}, $method eq 'POST' ? 'x' : undef);
    return ($response->header('connection') // '') ne 'close';
}
ok !kept('POST', '/', $explorer), 'MSIE 6 after a POST, by default';
ok kept('GET', '/', $explorer), 'not after a GET';
ok kept('GET', '/', $safari), 'Safari is kept by default';
ok kept('POST', '/none', $explorer), 'none';
ok !kept('GET', '/both', $safari), 'safari';
ok kept('GET', '/both', $chrome), 'Chrome only looks like it';
ok kept('POST', '/both', 'curl/8'), 'everybody else';
done_testing;
