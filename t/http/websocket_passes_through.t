# Upgrade: after 101 both sides are raw, and each side's end reaches the other.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) {
    return [400, {}, 'no upgrade'] unless lc($request->header('upgrade') // '') eq 'websocket';
    return {status => 101, headers => {Upgrade => 'websocket', Connection => 'upgrade', 'X-Ok' => 1}, tunnel => sub ($bytes) { uc $bytes }};
});
my $pc = Proxycache->start(origin => $origin, server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_http_version 1.1;
                 proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; }
E
my $client = $pc->connect;
$client->write("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
my $response = $client->read_response;
is $response->status, 101, 'switched';
is lc $response->header('upgrade'), 'websocket', 'to websocket';
is lc $response->header('connection'), 'upgrade', 'Connection: upgrade';
is $response->header('x-ok'), 1, 'the other fields come too';
$client->write('hello');
is $client->read_bytes(5), 'HELLO', 'bytes go both ways';
$client->write('a' x 300_000);
is length $client->read_bytes(300_000), 300_000, 'many of them';
$client->close;
ok $origin->wait_closed(1), 'the client leaves: the origin hears it';
done_testing;
