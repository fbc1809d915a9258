# proxy_cache_valid is for responses that say nothing; what the response says comes first.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) {
    my $path = $request->path;
    return [404, {}, 'nothing'] if $path eq '/404';
    return [503, {}, 'away'] if $path eq '/503';
    return [200, {'Cache-Control' => 'no-store'}, 'own'] if $path eq '/own';
    [200, {}, 'body']
});
my $pc = Proxycache->start(origin => $origin, http => 'proxy_cache_path cache keys_zone=one:1m;', server => <<'E');
    proxy_cache one;
    proxy_cache_valid 5m;
    proxy_cache_valid 404 1m;
    location / { proxy_pass http://%%origin%%; }
E

like $pc->get('/a')->header('cache-status'), qr/ttl=300; stored/, 'a 200 lives for the time without codes';
is $pc->get('/a')->header('x-cache'), 'HIT', 'and is served';
like $pc->get('/404')->header('cache-status'), qr/ttl=60; stored/, 'a 404 for its own';
unlike $pc->get('/503')->header('cache-status'), qr/stored/, 'a 503 is in no line';
unlike $pc->get('/own')->header('cache-status'), qr/stored/, 'no-store of the response comes first';

done_testing;
