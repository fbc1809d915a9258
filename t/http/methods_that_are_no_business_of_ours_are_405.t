# TRACE would show a client's own credentials to scripts, CONNECT would make an open proxy: 405, and neither reaches an origin.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, $request->method] });
my $pc     = Proxycache->start(origin => $origin, server => 'location / { proxy_pass http://%%origin%%; }');
is $pc->request('TRACE', '/')->status, 405, 'TRACE';
my $client = $pc->connect;
$client->write("CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n");
my $response = $client->read_response;
is $response->status, 405, 'CONNECT';
ok $client->closed, 'after which nothing is taken for a request';
is $origin->connections, 0, 'the origin heard nothing';
is $pc->request('PROPFIND', '/')->body, 'PROPFIND', 'methods we do not know go through';
is $pc->request("M-SEARCH", '/')->body, 'M-SEARCH', 'any token';
done_testing;
