# Many times more objects than the memory holds: every answer is right, the shared memory does not grow.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {'Cache-Control' => 'max-age=600'}, $request->path x 400] });
my $pc     = Proxycache->start(origin => $origin, workers => 4, http => 'proxy_cache_path cache keys_zone=one:1m memory=1m;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
E

my ($wrong, $hits) = (0, 0);
my @clients = map { $pc->connect } 1 .. 4;
for my $i (1 .. 2000) {
    my $path     = $i % 3 ? "/popular/" . $i % 7 : '/object/' . ($i * 7919 % 900);
    my $response = $clients[$i % 4]->ask(GET => $path);
    $clients[$i % 4] = $pc->connect if ($response->header('connection') // '') eq 'close';
    $wrong++ unless $response->status == 200 && $response->body eq $path x 400;
    $hits++ if $response->header('x-cache') eq 'HIT';
}
is $wrong, 0, 'every body is the right one';
cmp_ok $hits, '>', 0, 'some came from the cache';
my $maps = do { local (@ARGV, $/) = ('/proc/' . $pc->keeper . '/maps'); <> };
no warnings 'portable';
my ($from, $to) = $maps =~ /^([0-9a-f]+)-([0-9a-f]+) .*cache:one/m;
cmp_ok hex($to) - hex($from), '<=', 2 * (1 << 20) + 4096, 'the segment is as large as its two sizes';

done_testing;
