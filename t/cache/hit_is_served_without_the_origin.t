# A second request within max-age is answered from the cache: the same bytes, Age, X-Cache: HIT, and no second fetch.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {'Cache-Control' => 'max-age=60', ETag => '"v1"'}, 'a stored body'] });
my $pc     = Proxycache->start(origin => $origin, http => 'proxy_cache_path cache keys_zone=one:1m;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
E

my $first = $pc->get('/a');
is $first->status, 200, 'status';
is $first->body, 'a stored body', 'body';
is $first->header('x-cache'), 'MISS', 'the first is a miss';
is $first->header('cache-status'), 'Proxycache; fwd=uri-miss; fwd-status=200; ttl=60; stored', 'Cache-Status says it is stored';

my $hit = $pc->get('/a');
is $hit->body, 'a stored body', 'the same body';
is $hit->header('x-cache'), 'HIT', 'X-Cache';
is $hit->header('etag'), '"v1"', 'fields are kept';
like $hit->header('age'), qr/^\d$/, 'Age is sent';
is $hit->header('content-length'), 13, 'the length is known';
like $hit->header('cache-status'), qr/^Proxycache; hit; ttl=\d+$/, 'Cache-Status';
is $origin->requests, 1, 'the origin was asked once';

done_testing;
