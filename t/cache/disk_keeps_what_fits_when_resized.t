# Reloads that change memory= and max_size keep what is stored as far as it fits; the file follows, never above the limit.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {'Cache-Control' => 'max-age=6000'}, $request->path x 2000] });
my $http = sub ($memory, $max) { "proxy_cache_path cache keys_zone=one:2m memory=$memory max_size=$max;" };
my $server = 'location / { proxy_pass http://%%origin%%; proxy_cache one; }';
my $pc = Proxycache->start(origin => $origin, workers => 2, http => $http->('4m', '32m'), server => $server);
my ($loaded, $memory_now) = (0, '4m');
my $wait_loaded = sub { $loaded++; wait_until(sub { my @lines = $pc->error_log =~ /loaded, \d+ objects/g; @lines >= $loaded }) };
my $size = sub { my $all = 0; $all += (stat)[12] * 512 for glob $pc->path('cache') . '/*'; $all };
$wait_loaded->();

my @paths = map { sprintf '/object/%04d', $_ } 1 .. 400;    # 10 MiB
my $take = sub (@paths) {
    my ($hits, $wrong) = (0, 0);
    for my $path (@paths) {
        my $response = $pc->get($path);
        $wrong++ if $response->status != 200 || $response->body ne $path x 2000;
        $hits++  if $response->header('x-cache') eq 'HIT';
    }
    is $wrong, 0, 'every body is right';
    return $hits;
};
$take->(@paths);
ok wait_until(sub { $take->(@paths) == @paths }, 20), 'all are stored';

for my $step (['8m', '32m'], ['1m', '32m'], ['1m', '128m'], ['4m', '64m']) {
    my ($memory, $max) = @$step;
    $pc->rewrite(http => $http->(@$step), server => $server);
    my $zone_changes = $memory ne $memory_now;
    ok $pc->reload, "reload with memory=$memory max_size=$max";
    $memory_now = $memory;
    $wait_loaded->() if $zone_changes;
    ok wait_until(sub { $take->(@paths) == @paths }, 20), 'all are still there';
}

$pc->rewrite(http => $http->('4m', '8m'), server => $server);
ok $pc->reload, 'reload with less than there is';
ok wait_until(sub { $size->() <= 8 << 20 }, 30), 'the store shrinks to its limit';
# What is fetched now would take the place of what is there.
my $kept = grep { $pc->get($_, {'Cache-Control' => 'only-if-cached'})->status == 200 } @paths;
cmp_ok $kept, '>=', 200, 'and keeps what fits';
$take->(@paths);
cmp_ok $size->(), '<=', 8 << 20, 'also when more comes';

done_testing;
