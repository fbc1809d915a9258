# Master, keeper and workers killed at once: what was stored a second before is there after a start.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {'Cache-Control' => 'max-age=600'}, $request->path x 2000] });
my %start = (origin => $origin, workers => 4, http => 'proxy_cache_path cache keys_zone=one:1m max_size=64m;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
E
my $pc = Proxycache->start(%start);

$pc->wait_log(qr{loaded, \d+ objects});    # the store is in use
my @paths = map { "/object/$_" } 1 .. 100;
$pc->get($_) for @paths;
my $records = sub { -s $pc->path('cache/regions') };
wait_until(sub { $records->() });
my $stored = time;
wait_until(sub { time > $stored + 1 });    # the promise is about what is older than a second

$pc->kill_all;
unlink $pc->pid_path;
$pc = Proxycache->start(%start, prefix => $pc->prefix);
wait_until(sub { my @loaded = $pc->error_log =~ /loaded, \d+ objects/g; @loaded == 2 });

my ($hits, $wrong) = (0, 0);
for my $path (@paths) {
    my $response = $pc->get($path);
    $hits++ if $response->header('x-cache') eq 'HIT';
    $wrong++ if $response->body ne $path x 2000;
}
is $wrong, 0, 'every body is right';
is $hits, 100, 'and every one is there';

done_testing;
