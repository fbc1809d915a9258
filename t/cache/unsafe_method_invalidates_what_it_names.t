# RFC 9111 section 4.4: a successful unsafe request invalidates what its answer names in Location and Content-Location.
use lib 't/lib';
use Proxycache;

my $n      = 0;
my $origin = Origin->new(sub ($request) {
    return [201, {Location => '/a?x=1', 'Content-Location' => 'http://' . $request->header('host') . '/b'}, ''] if $request->path eq '/make';
    return [201, {Location => 'http://elsewhere.example/a?x=1'}, ''] if $request->path eq '/other';
    [200, {'Cache-Control' => 'max-age=60'}, 'version ' . ++$n];
});
my $pc = Proxycache->start(origin => $origin, http => 'proxy_cache_path cache keys_zone=one:1m;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_set_header Host $http_host; proxy_cache one; }
E

$pc->get($_) for '/a?x=1', '/b', '/c';
$pc->request(POST => '/other');
is $pc->get('/a?x=1')->header('x-cache'), 'HIT', 'another host is not ours to invalidate';
$pc->request(POST => '/make');
is $pc->get('/a?x=1')->header('x-cache'), 'MISS', 'Location is gone';
is $pc->get('/b')->header('x-cache'), 'MISS', 'Content-Location is gone';
is $pc->get('/c')->header('x-cache'), 'HIT', 'what was not named stays';
done_testing;
