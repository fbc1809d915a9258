# RFC 9110 §7.6.1: Connection and all it names, both ways.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) {
    [200, {Connection => 'X-Hop', 'X-Hop' => 1, 'X-End' => 2, 'Keep-Alive' => 'timeout=5', 'Proxy-Connection' => 'x'}, 'ok'];
});
my $pc = Proxycache->start(origin => $origin, server => 'location / { proxy_pass http://%%origin%%; }');
my $response = $pc->get('/', {Connection => 'X-Mine, close', 'X-Mine' => 1, 'X-Other' => 2, TE => 'trailers',
    'Keep-Alive' => 'x', 'Proxy-Connection' => 'y'});
is $response->header('x-end'), 2, 'end-to-end fields come';
is $response->header($_), undef, "response: $_" for 'x-hop', 'keep-alive', 'proxy-connection';
my $request = $origin->request;
is $request->header('x-other'), 2, 'end-to-end fields go';
is $request->header($_), undef, "request: $_" for 'x-mine', 'te', 'keep-alive', 'proxy-connection', 'upgrade';
done_testing;
