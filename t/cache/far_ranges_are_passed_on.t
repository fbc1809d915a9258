# proxy_cache_max_range_offset: a range that begins behind it is the origin's to answer, and not stored.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) {
    my $range = $request->header('range') // '';
    return [206, {'Cache-Control' => 'max-age=60', 'Content-Range' => 'bytes 8-9/10'}, '89'] if $range eq 'bytes=8-9';
    [200, {'Cache-Control' => 'max-age=60'}, '0123456789'];
});
my $pc = Proxycache->start(origin => $origin, http => 'proxy_cache_path cache keys_zone=one:1m;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; proxy_cache_max_range_offset 5; }
E

my $far = $pc->get('/a', {Range => 'bytes=8-9'});
is $far->status, 206, 'passed on';
is $far->body, '89', 'as the origin answers';
is $pc->get('/a', {Range => 'bytes=1-2'})->header('x-cache'), 'MISS', 'and not stored';
is $pc->get('/a', {Range => 'bytes=8-9'})->header('x-cache'), 'HIT', 'what is stored answers any range';
done_testing;
