# max_conns: a peer that has so many requests is not asked; when all are full the answer is 503.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { {raw => [[wait => 'go'], "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"]} });
my $pc     = Proxycache->start(origin => $origin, http => <<'H', server => 'location / { proxy_pass http://back; }');
upstream back { server %%origin%% max_conns=1; }
H
my $first = $pc->connect;
$first->request(GET => '/');
$origin->wait_held('go', 1);
is $pc->get('/')->status, 503, 'the only peer is full';
$origin->release('go');
is $first->read_response->body, 'ok', 'the first is answered';
my $second = $pc->connect;
$second->request(GET => '/');
is $second->read_response->body, 'ok', 'and another one after it';
done_testing;
