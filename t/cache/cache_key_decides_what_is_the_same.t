# proxy_cache_key: requests with the same key share one object. By default scheme, host and target make the key.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {'Cache-Control' => 'max-age=60'}, $request->target] });
my $pc     = Proxycache->start(origin => $origin, http => 'proxy_cache_path cache keys_zone=one:1m;', server => <<'E');
    location /path/ { proxy_pass http://%%origin%%; proxy_cache one; proxy_cache_key $uri; }
    location /      { proxy_pass http://%%origin%%; proxy_cache one; }
E

$pc->get('/path/a?1');
is $pc->get('/path/a?2')->body, '/path/a?1', 'the query is not in the key, so the first answer is for all';
is $pc->get("/b?$_")->body, "/b?$_", 'by default it is' for 1 .. 2;
$pc->get('/c', {Host => 'one.example'});
is $pc->get('/c', {Host => 'two.example'})->header('x-cache'), 'MISS', 'another host is another object';
is $pc->get('/c', {Host => 'ONE.example'})->header('x-cache'), 'HIT', 'the case of the host does not matter';

done_testing;
