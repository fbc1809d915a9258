# HEAD, 204 and 304 pass with their fields and leave the connection usable on both sides.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) {
    return [204, {'X-A' => 1}, '']                       if $request->target eq '/204';
    return {raw => ["HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n"]} if $request->target eq '/304';
    return {raw => ["HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"]}  if $request->method eq 'HEAD';
    return [200, {}, ''];
});
my $pc     = Proxycache->start(origin => $origin, server => 'location / { proxy_pass http://%%origin%%; }');
my $client = $pc->connect;
for my $round (1, 2) {
    my $head = $client->ask(HEAD => '/');
    is $head->status, 200, 'HEAD';
    is $head->header('content-length'), 1000, 'its length';
    my $none = $client->ask(GET => '/204');
    is $none->status, 204, 'status 204';
    is $none->header('content-length'), undef, 'no length';
    my $same = $client->ask(GET => '/304');
    is $same->status, 304, 'status 304';
    is $same->header('etag'), '"x"', 'its validator';
    is $client->ask(GET => '/empty')->header('content-length'), 0, 'an empty body';
}
is $origin->connections, 1, 'one connection to the origin';
done_testing;
