# An origin that answers before the upload is through: the client can read that answer although it is still sending. What is left of a
# small body is passed over and the connection goes on; for a large one it is closed.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { {raw => ["HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno", ['close']]} }, at => 'head');
my $pc     = Proxycache->start(origin => $origin, server => <<'E');
    client_max_body_size 0; lingering_timeout 2s;
    location / { proxy_pass http://%%origin%%; proxy_request_buffering off; }
    location /ok { return 200 ok; }
E
for (1 .. 5) {
    my $client = $pc->connect;
    $client->write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n" . 'x' x 1000);
    my $response = $client->read_response;
    is $response->status . $response->body, '403no', 'small: the answer comes at once';
    $client->write('x' x 299_000);
    is $client->ask('GET', '/ok')->status, 200, 'and the connection goes on';

    $client = $pc->connect;
    $client->write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 30000000\r\n\r\n" . 'x' x 3_000_000);
    $response = $client->read_response(method => 'POST');
    is $response->status . $response->body, '403no', 'large: the answer can be read';
    is $response->header('connection'), 'close', 'it says close';
    $client->write('x' x 3_000_000);
    $client->shutdown_write;
    ok $client->closed && $client->ended eq 'eof', 'and a clean end';
}
done_testing;
