# Many times more than the memory holds: nothing is fetched twice, every body is right, also in another worker.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {'Cache-Control' => 'max-age=600'}, $request->path x 1000] });
my $pc = Proxycache->start(origin => $origin, workers => 4, http => 'proxy_cache_path cache keys_zone=one:1m memory=1m max_size=256m;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
E

my @paths = map { "/object/$_" } 1 .. 400;    # 5 MiB
my ($wrong, $hits) = (0, 0);
my $take = sub ($path) {
    my $response = $pc->get($path);
    $wrong++ if $response->status != 200 || $response->body ne $path x 1000;
    $hits++  if $response->header('x-cache') eq 'HIT';
};
$take->($_) for @paths;
$hits = 0;
for my $round (1 .. 3) { $take->($_) for @paths }
is $wrong, 0, 'every body is right';
cmp_ok $hits, '>=', 3 * @paths - 60, 'nearly all came from the cache: the disk may lag behind at first';
my $part = $pc->get('/object/7', {Range => 'bytes=3-9'});
is $part->status, 206, 'a range of what lies on the disk';
is $part->body, substr('/object/7' x 1000, 3, 7), 'and it is right';

done_testing;
