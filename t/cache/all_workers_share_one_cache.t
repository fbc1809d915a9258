# What one worker stored the others serve: four workers, one fetch, hits from at least two of them.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {'Cache-Control' => 'max-age=60'}, 'shared'] });
my $pc     = Proxycache->start(origin => $origin, workers => 4, http => 'proxy_cache_path cache keys_zone=one:1m;', server => <<'E');
    add_header X-Pid $pid;
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
E

is $pc->get('/a')->body, 'shared', 'stored';
my %pids;
my $two = wait_until(
    sub {
        my $response = $pc->get('/a');
        $pids{$response->header('x-pid')}++ if $response->header('x-cache') eq 'HIT';
        return keys %pids >= 2;
    },
    20
);
ok $two, 'hits came from at least two processes';
is $origin->requests, 1, 'the origin was asked once';

done_testing;
