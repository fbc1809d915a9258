# A major version that is not 1: 505 and close; a higher minor version is HTTP/1.1 (RFC 9110 section 2.5).
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, $request->version] });
my $pc     = Proxycache->start(origin => $origin, server => 'location / { proxy_pass http://%%origin%%; }');
for my $line ('GET / HTTP/2.0', 'GET / HTTP/0.9', 'PRI * HTTP/2.0', 'GET / HTTP/3.1') {
    my $client = $pc->connect;
    $client->write("$line\r\nHost: x\r\n\r\n");
    is $client->read_response(method => 'GET')->status, 505, $line;
    ok $client->closed, 'closed';
}
is $origin->connections, 0, 'none was forwarded';
my $client = $pc->connect;
$client->write("GET / HTTP/1.7\r\nHost: x\r\n\r\n");
is $client->read_response(method => 'GET')->body, '1.1', 'HTTP/1.7 is answered, and the origin is asked in our version';
done_testing;
