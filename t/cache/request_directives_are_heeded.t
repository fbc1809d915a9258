# RFC 9111 section 5.2.1: no-cache, max-age, min-fresh and only-if-cached of the request.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {'Cache-Control' => 'max-age=60', Age => 10}, 'body'] });
my $pc     = Proxycache->start(origin => $origin, http => 'proxy_cache_path cache keys_zone=one:1m;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
E

is $pc->get('/none', {'Cache-Control' => 'only-if-cached'})->status, 504, 'only-if-cached without an object is 504';
is $origin->requests, 0, 'and the origin is not asked';
$pc->get('/a');
is $pc->get('/a', {'Cache-Control' => 'only-if-cached'})->header('x-cache'), 'HIT', 'only-if-cached with one';
is $pc->get('/a', {'Cache-Control' => 'max-age=5'})->header('x-cache'), 'BYPASS', 'too old for max-age';
is $pc->get('/a', {'Cache-Control' => 'no-cache'})->header('x-cache'), 'BYPASS', 'no-cache';
is $pc->get('/a', {Pragma => 'no-cache'})->header('x-cache'), 'BYPASS', 'Pragma: no-cache';
is $pc->get('/a', {'Cache-Control' => 'min-fresh=55'})->header('x-cache'), 'BYPASS', 'not fresh for long enough';

done_testing;
