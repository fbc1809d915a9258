# worker_connections: when all are taken, idle keep-alive connections are closed for new ones, the longest idle first; busy ones are
# not. When all are busy, new ones wait until there is room.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { {raw => [[wait => 'go'], "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbusy"]} });
my $pc = Proxycache->start(origin => $origin, conf => 'events { worker_connections 40; }', server => <<'E');
    location /     { return 200 ok; }
    location /busy { proxy_pass http://%%origin%%; }
E
my $busy = $pc->connect->request('GET', '/busy');
$origin->wait_for_requests(1);
my @idle = map { my $client = $pc->connect; is $client->ask('GET', '/')->status, 200, "client $_"; $client } 1 .. 100;
ok $idle[0]->closed, 'the longest idle made room';
is $idle[-1]->ask('GET', '/')->status, 200, 'the latest is there';
$origin->release('go');
is $busy->read_response->body, 'busy', 'the busy one was left alone';
ok $pc->wait_log(qr/40 worker_connections are not enough, reusing connections/), 'and the log says it';
$_->close for @idle;

$origin->hold('go');
my @busy = map { $pc->connect->request('GET', '/busy') } 1 .. 60;
ok $origin->wait_for_requests(1 + 35), 'many are busy';
$origin->release('go');
is scalar(grep { $_->read_response->body eq 'busy' and $_->close, 1 } @busy), 60, 'all are answered in the end';
done_testing;
