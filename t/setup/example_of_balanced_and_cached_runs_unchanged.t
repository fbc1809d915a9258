# conf/examples/balanced-and-cached.conf: three servers, the third as a backup, and a cache that sessions go around.
use lib 't/lib';
use Proxycache;
use Example;

my @servers = map { my $name = $_; Origin->new(sub ($request) { [200, {'Content-Type' => 'text/plain', 'X-From' => $name}, "$name " . $request->header('host')] }) } qw(a b c);
my $pc = Example->start('balanced-and-cached', {'10.0.0.11:8080' => '%%a%%', '10.0.0.12:8080' => '%%b%%', '10.0.0.13:8080' => '%%c%%'},
    a => $servers[0], b => $servers[1], c => $servers[2]);
my $get = sub ($target, %fields) { $pc->get($target, {Host => 'www.example.com', %fields}) };

my $first = $get->('/one');
is $first->header('x-cache-status'), 'MISS', 'the first is fetched';
my $second = $get->('/one');
is $second->header('x-cache-status'), 'HIT', 'the second is a hit, for proxy_cache_valid says so';
is $second->body, $first->body, 'of the same answer';
is $get->('/one', Cookie => 'sessionid=1')->header('x-cache-status'), 'BYPASS', 'who is logged in goes around it';

my %seen;
my $client = $pc->connect;    # one connection is one worker, and each worker takes turns of its own
$seen{$client->ask(GET => "/each/$_", {Host => 'www.example.com'})->header('x-from')}++ for 1 .. 8;
is_deeply \%seen, {a => 6, b => 2}, 'weights are kept, and the backup is not asked';

$client->ask(GET => "/kept/$_", {Host => 'www.example.com'}) for 1 .. 20;
my $opened = $servers[0]->connections + $servers[1]->connections;
cmp_ok $opened, '<', 12, 'connections to the servers are kept';

ok $pc->wait_log(qr/cache=HIT to=-/, 10, 'logs/access.log'), 'the buffered log tells of the hit';
like $pc->get('/nginx_status')->body, qr/^Active connections: \d+/, 'the status page';
is $pc->get('/nginx_status', {'X-Forwarded-For' => '192.0.2.1'})->status, 200, 'only the balancer\'s word about a client is taken';
done_testing;
