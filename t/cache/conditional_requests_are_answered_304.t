# If-None-Match and If-Modified-Since are answered from the cache (RFC 9110 section 13), also on the request that fills it.
use lib 't/lib';
use Proxycache;

my $date   = 'Sun, 06 Nov 1994 08:49:37 GMT';
my $origin = Origin->new(sub ($request) {
    return [304, {}, ''] if $request->header('if-none-match');
    [200, {'Cache-Control' => 'max-age=60', ETag => '"v1"', 'Last-Modified' => $date, 'Content-Type' => 'text/plain'}, 'the body']
});
my $pc = Proxycache->start(origin => $origin, http => 'proxy_cache_path cache keys_zone=one:1m;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
E

my $first = $pc->get('/a', {'If-None-Match' => '"v1"'});
is $first->status, 304, 'the filling request is answered by its condition';
is $origin->request(0)->header('if-none-match'), undef, 'the origin is asked for the whole';
ok wait_until(sub { $pc->get('/a')->header('x-cache') eq 'HIT' }, 5), 'and it is stored';

my $by_tag = $pc->get('/a', {'If-None-Match' => 'W/"x", "v1"'});
is $by_tag->status, 304, 'If-None-Match';
is $by_tag->header('etag'), '"v1"', 'the 304 has the ETag';
is $by_tag->header('content-type'), undef, 'and nothing that describes content';
is $pc->get('/a', {'If-None-Match' => '"v2"'})->status, 200, 'another tag gets the body';
is $pc->get('/a', {'If-Modified-Since' => $date})->status, 304, 'If-Modified-Since';

done_testing;
