# send_timeout between two writes; with reset_timedout_connection it ends with RST.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { {raw => ["HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n", [bytes => 50_000_000]]} });
my $pc     = Proxycache->start(origin => $origin, server => <<'E');
    send_timeout 300ms; proxy_max_temp_file_size 0;
    location /      { proxy_pass http://%%origin%%; }
    location /reset { reset_timedout_connection on; proxy_pass http://%%origin%%; }
E
my $count = 0;
for my $path ('/', '/reset') {
    my $client = $pc->connect('listen', rcvbuf => 4096);
    $client->request('GET', $path);
    ok $origin->wait_closed(++$count), "$path: the origin is let go";
    my $response = eval { $client->read_response(discard => 1) };
    ok !$response || $response->truncated, "$path: the client did not get it all";
    like $client->ended, qr/reset/, 'RST' if $path eq '/reset';
}
done_testing;
