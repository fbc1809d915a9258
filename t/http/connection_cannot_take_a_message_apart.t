# Connection names fields for one hop; naming Host, Content-Length or a field that proxy_set_header adds removes nothing that the
# message needs (RFC 9110 section 7.6.1). Several lines and odd spelling count.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) {
    return [200, {Connection => ['X-One, x-two', 'keep-alive, X-THREE'], 'X-One' => 1, 'X-Two' => 2, 'X-Three' => 3, 'X-Kept' => 4, 'Set-Cookie' => 'a=b'}, $request->body];
});
my $pc = Proxycache->start(origin => $origin, server => 'location / { proxy_pass http://%%origin%%; proxy_set_header X-Real $remote_addr; }');
my $client = $pc->connect;
$client->write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: host, content-length,, ,X-A\r\nConnection: \"x-b\", X-C , X-Real\r\n",
    "X-A: 1\r\nX-C: 1\r\nx-c: 2\r\nX-Real: forged\r\nX-D: 1\r\nTransfer-Coding: x\r\n\r\nhello");
my $response = $client->read_response;
is $response->body, 'hello', 'the body arrives whole';
my $request = $origin->request;
is $request->header('host'), $origin->address, 'Host stays';
is $request->header('content-length'), 5, 'Content-Length stays';
is $request->header($_), undef, "$_ is gone" for 'x-a', 'x-c';
is $request->header('x-real'), '127.0.0.1', 'what the configuration sets is set';
is $request->header('x-d'), 1, 'others go on';
is $response->header($_), undef, "response: $_ is gone" for 'x-one', 'x-two', 'x-three';
is $response->header('x-kept'), 4, 'response: others stay';
is $response->header('connection'), undef, 'response: Connection is ours';
$client->request('GET', '/', {Connection => 'x-a', TE => 'trailers, deflate', Upgrade => 'websocket', 'Keep-Alive' => 'timeout=9', 'Proxy-Connection' => 'keep-alive', 'Transfer-Encoding' => undef});
is $client->read_response->status, 200, 'the connection goes on';
$request = $origin->request;
is $request->header($_), undef, "$_ is not passed on" for 'te', 'upgrade', 'keep-alive', 'proxy-connection', 'transfer-encoding';
done_testing;
