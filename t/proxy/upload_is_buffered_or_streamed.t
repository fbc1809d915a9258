# proxy_request_buffering on: the origin is asked when the body is whole, with its length. Off: it streams, chunked if
# it came so.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, join '|', $request->header('content-length') // '-', $request->header('transfer-encoding') // '-', length $request->body] });
my $pc = Proxycache->start(origin => $origin, server => <<'E');
    client_max_body_size 10m;
    location /on  { proxy_pass http://%%origin%%; }
    location /off { proxy_pass http://%%origin%%; proxy_request_buffering off; }
    location /old { proxy_pass http://%%origin%%; proxy_request_buffering off; proxy_http_version 1.0; }
E
my $body = 'x' x 100_000;
is $pc->post('/on', $body)->body, '100000|-|100000', 'buffered';
is $pc->post('/off', $body)->body, '100000|-|100000', 'streamed with its length';
my $chunked = sprintf("%x\r\n%s\r\n", 50_000, 'y' x 50_000) . "0\r\n\r\n";
for (['/on' => '50000|-|50000'], ['/off' => '-|chunked|50000'], ['/old' => '50000|-|50000']) {
    my $client = $pc->connect;
    $client->write("POST $_->[0] HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n$chunked");
    is $client->read_response->body, $_->[1], "chunked, $_->[0]";
}
my $held = $pc->connect;
my $before = $origin->heads;
$held->write("POST /on HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345");
is $pc->get('/on')->status, 200, 'something else meanwhile';
is $origin->heads, $before + 1, 'the origin has not seen the one that is not whole';
$held->write('67890');
is $held->read_response->body, '10|-|10', 'now it has';
done_testing;
