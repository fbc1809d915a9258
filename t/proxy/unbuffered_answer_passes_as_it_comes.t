# proxy_buffering off, or X-Accel-Buffering: no: each piece reaches the client before the next exists. So it does with
# buffering, for a client that waits.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) {
    my $field = $request->target eq '/accel' ? "X-Accel-Buffering: no\r\n" : '';
    {raw => ["HTTP/1.1 200 OK\r\n${field}Content-Length: 6\r\n\r\none", [wait => 'go'], 'two']};
});
my $pc = Proxycache->start(origin => $origin, server => <<'E');
    location /off { proxy_pass http://%%origin%%; proxy_buffering off; }
    location /    { proxy_pass http://%%origin%%; }
E
for my $path (qw(/off /accel /on)) {
    my $client = $pc->connect;
    $client->request(GET => $path);
    is $client->read_head->status, 200, "$path: head";
    is $client->read_bytes(3), 'one', "$path: the first piece";
    $origin->release('go');
    is $client->read_bytes(3), 'two', "$path: the second";
}
done_testing;
