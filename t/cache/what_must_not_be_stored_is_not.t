# RFC 9111 section 3: no-store, private, Authorization, Vary: *, Set-Cookie, no freshness.
use lib 't/lib';
use Proxycache;

my %answer = (
    '/no-store' => {'Cache-Control' => 'max-age=60, no-store'},
    '/private'  => {'Cache-Control' => 'max-age=60, private'},
    '/vary-any' => {'Cache-Control' => 'max-age=60', Vary => '*'},
    '/cookie'   => {'Cache-Control' => 'max-age=60', 'Set-Cookie' => 'a=b'},
    '/nothing'  => {},
    '/stale'    => {'Cache-Control' => 'max-age=60', Age => 60},
    '/auth'     => {'Cache-Control' => 'max-age=60'},
    '/public'   => {'Cache-Control' => 'max-age=60, public'},
);
my $origin = Origin->new(sub ($request) { [200, $answer{$request->path}, 'body'] });
my $pc     = Proxycache->start(origin => $origin, http => 'proxy_cache_path cache keys_zone=one:1m;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
E

for my $path (sort keys %answer) {
    next if $path eq '/public';
    my $fields = $path eq '/auth' ? {Authorization => 'Basic eDp5'} : {};
    $pc->get($path, $fields);
    my $response = $pc->get($path, $fields);
    is $response->header('x-cache'), 'MISS', "$path is not stored";
    like $response->header('cache-status'), qr/; detail=/, "$path says why";
}
$pc->get('/public', {Authorization => 'Basic eDp5'});
is $pc->get('/public', {Authorization => 'Basic eDp5'})->header('x-cache'), 'HIT', 'public allows it';

done_testing;
