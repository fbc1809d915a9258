# HUP keeps what is stored, also for workers that are new.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {'Cache-Control' => 'max-age=600'}, 'kept'] });
my $pc     = Proxycache->start(origin => $origin, workers => 2, http => 'proxy_cache_path cache keys_zone=one:1m;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
E

$pc->get('/a');
$pc->reload;
my $hit = $pc->get('/a');
is $hit->header('x-cache'), 'HIT', 'still there';
is $hit->body, 'kept', 'and right';
is $origin->requests, 1, 'one fetch';

done_testing;
