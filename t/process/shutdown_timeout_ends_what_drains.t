# worker_shutdown_timeout: a connection that a client just keeps does not hold a draining worker longer.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(workers => 1, conf => 'worker_shutdown_timeout 300ms;', server => 'location / { return 200 "$pid\n"; }');
my $client = $pc->connect;
is $client->ask('GET', '/')->status, 200;
ok $pc->reload;
ok $pc->wait_for(sub { !$pc->draining }, 5), 'the old worker is gone though the client stays';
is $pc->get('/')->status, 200;
done_testing;
