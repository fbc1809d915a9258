# Objects larger than the memory are filled on the disk: 64 MiB with 8 MiB of memory, of known and of unknown length, and an empty one.
use lib 't/lib';
use Proxycache;
use Digest::MD5 'md5_hex';

my $size   = 64 << 20;
my $origin = Origin->new(sub ($request) {
    my $head = "HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nETag: \"one\"\r\n";
    return {raw => ["${head}Content-Length: $size\r\n\r\n", [bytes => $size]]} if $request->path eq '/known';
    return {raw => ["${head}Connection: close\r\n\r\n", [bytes => $size], ['close']]} if $request->path eq '/unknown';
    return {raw => ["${head}Content-Length: $size\r\n\r\n", [bytes => $size / 2], ['close']]} if $request->path eq '/broken';
    [200, {'Cache-Control' => 'max-age=600'}, $request->path eq '/empty' ? '' : $request->path]
});
my $pc = Proxycache->start(origin => $origin, workers => 4, http => 'proxy_cache_path cache keys_zone=one:1m memory=8m max_size=512m;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; add_header X-Pid $pid; }
E
$pc->wait_log(qr{loaded, \d+ objects});    # the store is in use

my $digest;
for my $path ('/known', '/unknown') {
    my $fetches = $origin->requests;
    my $miss    = $pc->get($path);
    is $miss->body_length, $size, "$path arrives whole";
    $digest //= md5_hex($miss->body);
    is md5_hex($miss->body), $digest, 'with the right bytes';
    my ($hit, %pids);
    ok wait_until(sub { $hit = $pc->get($path); $pids{$hit->header('x-pid')}++; $hit->header('x-cache') eq 'HIT' && keys %pids > 1 }, 30), 'then it is a HIT, in more than one worker';
    is $hit->body_length, $size, 'of the same size';
    is md5_hex($hit->body), $digest, 'and the same bytes';
    my $part = $pc->get($path, {Range => 'bytes=40000000-40000999'});
    is $part->status, 206, 'a range of it';
    is $part->body, substr($hit->body, 40_000_000, 1000), 'is the right one';
    is $origin->requests, $fetches + 1, 'one fetch';
}

my $fetches = $origin->requests;
for my $round (1, 2) {
    my $response = $pc->get('/broken');
    ok $response->truncated, 'one that breaks off is not taken for whole';
}
is $origin->requests, $fetches + 2, 'and not stored';

$pc->get('/empty');
my $empty = $pc->get('/empty');
is $empty->header('x-cache'), 'HIT', 'an empty object';
is $empty->body_length, 0, 'is stored too';
is $pc->get('/small')->body, '/small', 'others go on being served';

done_testing;
