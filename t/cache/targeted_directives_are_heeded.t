# RFC 9213: CDN-Cache-Control, or the field proxy_cache_target names, takes the place of Cache-Control here.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) {
    [200, {'Cache-Control' => 'no-store', 'CDN-Cache-Control' => 'max-age=60', 'Here-Cache-Control' => 'max-age=5'}, 'body']
});
my $pc = Proxycache->start(origin => $origin, http => 'proxy_cache_path cache keys_zone=one:1m;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
    location /here/ { proxy_pass http://%%origin%%; proxy_cache one; proxy_cache_target Here-Cache-Control; }
    location /off/ { proxy_pass http://%%origin%%; proxy_cache one; proxy_cache_target off; }
    location /silent/ { proxy_pass http://%%origin%%; proxy_cache one; proxy_cache_status off; }
E

like $pc->get('/a')->header('cache-status'), qr/ttl=(?:59|60); stored/, 'CDN-Cache-Control counts';
is $pc->get('/a')->header('x-cache'), 'HIT', 'and lets it be used';
like $pc->get('/here/a')->header('cache-status'), qr/ttl=5; stored/, 'our own target counts';
like $pc->get('/off/a')->header('cache-status'), qr/detail=no-store/, 'without targets Cache-Control does';
is $pc->get('/silent/a')->header('cache-status'), undef, 'proxy_cache_status off says nothing';
done_testing;
