# 2,000 idle keep-alive connections: at most 1.25 KiB of the worker's memory each (the bench measures 8,000 exactly).
use lib 't/lib';
use Proxycache;

my $count  = 2000;
my $origin = Origin->new(sub ($request) { [200, {}, 'ok'] });
my $pc     = Proxycache->start(origin => $origin, conf => <<'C', server => 'keepalive_timeout 300s; location / { proxy_pass http://%%origin%%; }');
worker_rlimit_nofile 8192;
events { worker_connections 8192; }
C
my ($worker) = $pc->workers;
sub hold ($count) {
    return map { my $client = $pc->connect; $client->ask('GET', '/')->status == 200 or die; $client } 1 .. $count;
}
my @warm   = hold(200);
my $before = $pc->memory($worker, 'Anonymous');
my @idle   = hold($count);
my $each   = ($pc->memory($worker, 'Anonymous') - $before) / $count;
diag sprintf '%d bytes each', $each;
$pc->holds_less($each, 1.25 * 1024, 'bytes of an idle connection');
is $idle[0]->ask('GET', '/')->status, 200, 'the first still works';
is $idle[-1]->ask('GET', '/')->status, 200, 'the last too';
done_testing;
