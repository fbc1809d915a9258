# RFC 9111 section 4.4: a successful POST, PUT or DELETE removes what is stored under its target; a failed one does not.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) {
    return [$request->path eq '/bad' ? 403 : 204, {}, ''] if $request->method ne 'GET';
    [200, {'Cache-Control' => 'max-age=60'}, 'body']
});
my $pc = Proxycache->start(origin => $origin, http => 'proxy_cache_path cache keys_zone=one:1m;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
E

for my $method (qw(POST PUT DELETE)) {
    $pc->get('/a');
    is $pc->get('/a')->header('x-cache'), 'HIT', 'stored';
    is $pc->request($method, '/a', {}, 'x')->status, 204, "$method goes to the origin";
    is $pc->get('/a')->header('x-cache'), 'MISS', "$method removes it";
}
$pc->get('/bad');
$pc->request('DELETE', '/bad');
is $pc->get('/bad')->header('x-cache'), 'HIT', 'an unsafe request that fails leaves it';

done_testing;
