# The disk has no room beside min_free: every request is answered, memory goes on caching, nothing is written.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {'Cache-Control' => 'max-age=600'}, $request->path x 1000] });
my $pc = Proxycache->start(origin => $origin, workers => 2, http => 'proxy_cache_path cache keys_zone=one:1m memory=1m max_size=64m min_free=1000000g;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
E

my $wrong = 0;
for my $path (map { "/object/$_" } 1 .. 300) {
    my $response = $pc->get($path);
    $wrong++ if $response->status != 200 || $response->body ne $path x 1000;
}
is $wrong, 0, 'every answer is right';
is $pc->get('/object/300')->header('x-cache'), 'HIT', 'memory goes on';
my $blocks = (stat $pc->path('cache/regions'))[12] // 0;
cmp_ok $blocks * 512, '<', 1 << 20, 'nothing was written';

done_testing;
