# A body larger than the cache can take reaches the client whole, and nothing else suffers.
use lib 't/lib';
use Proxycache;

my $size   = 3_000_000;
my $origin = Origin->new(sub ($request) {
    my $head = "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n";
    return {raw => ["${head}Content-Length: $size\r\n\r\n", [bytes => $size]]} if $request->path eq '/known';
    return {raw => ["${head}Connection: close\r\n\r\n", [bytes => $size], ['close']]} if $request->path eq '/unknown';
    [200, {'Cache-Control' => 'max-age=60'}, 'small']
});
my $pc = Proxycache->start(origin => $origin, http => 'proxy_cache_path cache keys_zone=one:1m memory=1m disk=off;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
E

$pc->get('/small');
for my $path (qw(/known /unknown)) {
    for my $round (1 .. 2) {
        my $response = $pc->get($path);
        is $response->status, 200, "$path arrives";
        is $response->body_length, $size, 'whole';
        is $response->header('x-cache'), 'MISS', 'and is not stored';
    }
}
is $pc->get('/small')->body, 'small', 'others go on being served';

done_testing;
