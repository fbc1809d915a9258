# 4 GiB through a client that does not read: memory stays within 2 MiB, with buffering and without. Then it reads all.
use lib 't/lib';
use Proxycache;

my $size   = 4 << 30;
my $origin = Origin->new(sub ($request) {
    return [200, {'Content-Length' => $size}, ''] if $request->method eq 'HEAD';
    return {raw => ["HTTP/1.1 200 OK\r\nContent-Length: $size\r\n\r\n", [bytes => $size]]};
});
my $pc     = Proxycache->start(origin => $origin, server => <<'E');
    location /ahead   { proxy_pass http://%%origin%%; proxy_max_temp_file_size 64m; }
    location /memory  { proxy_pass http://%%origin%%; proxy_max_temp_file_size 0; }
    location /through { proxy_pass http://%%origin%%; proxy_buffering off; }
E
is $pc->request('HEAD', '/ahead')->status, 200, 'warm';
my ($worker) = $pc->workers;
my $before = $pc->memory($worker, 'Pss');
for my $path (qw(/ahead /memory /through)) {
    my $client = $pc->connect('listen', rcvbuf => 4096);
    $client->request(GET => $path);
    my $response = $client->read_head;
    is $response->status, 200, "$path: head";
    $client->read_bytes(1 << 20);
    my $most = 0;
    for (1 .. 50) {
        my $grown = $pc->memory($worker, 'Pss') - $before;
        $most = $grown if $grown > $most;
        $client->read_bytes(1 << 16);
    }
    $pc->holds_less($most, 2 << 20, "$path: memory of one connection");
    $client->close;
}
SKIP: {
    skip 'EXTENDED=1 moves all 4 GiB', 1 unless $ENV{EXTENDED};
    my $response = $pc->connect->request(GET => '/ahead')->read_response(discard => 1);
    is $response->body_length, $size, 'all of it';
}
done_testing;
