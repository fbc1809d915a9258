# After Connection: close, or HTTP/1.0 without keep-alive, or an upgrade of HTTP, nothing on the connection is answered or forwarded.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, $request->target] });
my $pc     = Proxycache->start(origin => $origin, server => 'location / { proxy_pass http://%%origin%%; }');
my $next   = "GET /next HTTP/1.1\r\nHost: x\r\n\r\n" x 3;
for my $first ("GET /first HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "GET /first HTTP/1.0\r\nHost: x\r\n\r\n",
    "GET /first HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, ClosE\r\n\r\n", "POST /first HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc") {
    my $client = $pc->connect;
    $client->write($first . $next);
    is $client->read_response->body, '/first', 'the first is answered';
    is $client->read_response, undef, 'nothing more';
}
is_deeply [map { $_->target } $origin->requests], [('/first') x 4], 'nor forwarded';
done_testing;
