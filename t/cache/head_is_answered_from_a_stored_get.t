# HEAD is answered from a stored GET; a HEAD alone stores nothing.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {'Cache-Control' => 'max-age=60'}, 'twelve bytes'] });
my $pc     = Proxycache->start(origin => $origin, http => 'proxy_cache_path cache keys_zone=one:1m;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
E

is $pc->head('/a')->header('x-cache'), 'MISS', 'HEAD misses';
is $pc->get('/a')->header('x-cache'), 'MISS', 'and stored nothing';
my $head = $pc->head('/a');
is $head->header('x-cache'), 'HIT', 'HEAD hits what GET stored';
is $head->header('content-length'), 12, 'it tells the length';
is $head->body, '', 'and has no body';

done_testing;
