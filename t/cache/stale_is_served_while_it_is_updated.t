# RFC 5861 section 3: a stale response goes out at once, and the origin is asked in the background.
use lib 't/lib';
use Proxycache;

my $n      = 0;
my $origin = Origin->new(sub ($request) {
    my $age = $n++ && $request->path eq '/a' ? 60 : 0;
    [200, {'Cache-Control' => "max-age=$age, stale-while-revalidate=60"}, "version $n"];
});
my $pc = Proxycache->start(origin => $origin, workers => 2, http => 'proxy_cache_path cache keys_zone=one:1m;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
    location /off/ { proxy_pass http://%%origin%%; proxy_cache one; proxy_cache_background_update off; }
E

is $pc->get('/a')->body, 'version 1', 'stored';
my $stale = $pc->get('/a');
is $stale->body, 'version 1', 'the stale one is given';
is $stale->header('x-cache'), 'STALE', 'and says so';
my $fresh;
ok wait_until(sub { ($fresh = $pc->get('/a'))->header('x-cache') eq 'HIT' }, 10), 'the new one takes its place';
is $fresh->body, 'version 2', 'fetched in the background';
is $origin->requests, 2, 'by one request';

$pc->get('/off/a');
is $pc->get('/off/a')->header('x-cache'), 'EXPIRED', 'proxy_cache_background_update off: the client waits for the new one';
done_testing;
