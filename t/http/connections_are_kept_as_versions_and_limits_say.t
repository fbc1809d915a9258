# RFC 9112 §9.3; keepalive_requests, keepalive_timeout (with its header), keepalive_time.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(server => <<'E');
    location /       { return 200 ok; }
    location /two    { keepalive_requests 2; return 200 ok; }
    location /header { keepalive_timeout 60s 50s; return 200 ok; }
    location /never  { keepalive_timeout 0; return 200 ok; }
    location /short  { keepalive_timeout 100ms; return 200 ok; }
    location /old    { keepalive_time 1ms; return 200 ok; }
E
sub connection_of ($bytes) {
    my $client = $pc->connect;
    $client->write($bytes);
    my $response = $client->read_response;
    return (($response->header('connection') // 'none') . ($client->closed(0.2) ? ', closed' : ', stays'));
}
is connection_of("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 'none, stays', 'HTTP/1.1';
is connection_of("GET / HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n"), 'close, closed', 'HTTP/1.1 with close';
is connection_of("GET / HTTP/1.0\r\n\r\n"), 'close, closed', 'HTTP/1.0';
is connection_of("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), 'keep-alive, stays', 'HTTP/1.0 with keep-alive';
is connection_of("GET /never HTTP/1.1\r\nHost: a\r\n\r\n"), 'close, closed', 'keepalive_timeout 0';

my $client = $pc->connect;
is $client->ask('GET', '/two')->header('connection'), undef, 'the first of two';
is $client->ask('GET', '/two')->header('connection'), 'close', 'keepalive_requests';
ok $client->closed, 'closed';
is $pc->connect->ask('GET', '/header')->header('keep-alive'), 'timeout=50', 'Keep-Alive tells the second argument';
$client = $pc->connect;
$client->ask('GET', '/short');
ok $client->closed, 'idle for longer than keepalive_timeout';
$client = $pc->connect;
$client->ask('GET', '/');
wait_until(sub { ($client->ask('GET', '/old')->header('connection') // '') eq 'close' }, 1);
ok $client->closed, 'keepalive_time';
done_testing;
