# proxy_cache_bypass asks the origin although there is an object; proxy_no_cache does not store.
use lib 't/lib';
use Proxycache;

my $n      = 0;
my $origin = Origin->new(sub ($request) { $n++; [200, {'Cache-Control' => 'max-age=60'}, "version $n"] });
my $pc     = Proxycache->start(origin => $origin, http => 'proxy_cache_path cache keys_zone=one:1m;', server => <<'E');
    location / {
        proxy_pass http://%%origin%%;
        proxy_cache one;
        proxy_cache_bypass $arg_bypass $http_x_bypass;
        proxy_no_cache $http_x_private;
        proxy_cache_key $uri;
    }
E

$pc->get('/a', {'X-Private' => 1});
is $pc->get('/a')->body, 'version 2', 'proxy_no_cache did not store';
is $pc->get('/a')->header('x-cache'), 'HIT', 'without it, stored';
is $pc->get('/a?bypass=0')->header('x-cache'), 'HIT', '0 is no reason to bypass';
my $bypassed = $pc->get('/a?bypass=1');
is $bypassed->body, 'version 3', 'the origin is asked';
is $bypassed->header('x-cache'), 'BYPASS', 'X-Cache';
is $pc->get('/a')->body, 'version 3', 'and what it said is stored';
$pc->get('/a', {'X-Bypass' => 1, 'X-Private' => 1});
is $pc->get('/a')->body, 'version 3', 'both together leave the object alone';

done_testing;
