# client_max_body_size: by Content-Length before anything is read, chunked as it comes; 0 takes everything.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, $request->body_length] });
my $pc     = Proxycache->start(origin => $origin, server => <<'E');
    client_max_body_size 1000;
    location / { proxy_pass http://%%origin%%; }
    location /text { return 200 text; }
    location /any { client_max_body_size 0; proxy_pass http://%%origin%%; }
E
is $pc->post('/', 'x' x 1000)->body, 1000, 'at the limit';
is $pc->post('/', 'x' x 1001)->status, 413, 'one above';
is $pc->post('/text', 'x' x 1001)->status, 413, 'before a return too';
is $pc->post('/any', 'x' x 100_000)->body, 100_000, '0: no limit';
my $client = $pc->connect;
$client->write("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
$client->write("1f4\r\n" . 'x' x 500 . "\r\n") for 1 .. 3;
is $client->read_response->status, 413, 'chunked, in the middle';
is $origin->requests, 2, 'the origin saw only what was allowed';
done_testing;
