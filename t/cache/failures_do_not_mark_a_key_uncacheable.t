# After a 5xx the next of those who wait asks, the others wait on; when the origin is well again they share what comes.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(
    sub ($request) {
        return {raw => [[wait => 'bad'], "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 3\r\n\r\nbad"]} if $request->{number} <= 2;
        return {raw => [[wait => 'good'], "HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: 4\r\n\r\ngood"]};
    }
);
my $pc = Proxycache->start(origin => $origin, workers => 4, http => 'proxy_cache_path cache keys_zone=one:1m;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; proxy_cache_lock_timeout 60s; proxy_cache_lock_age 60s; proxy_next_upstream off; }
E

my @clients = map { my $client = $pc->connect; $client->request(GET => '/a'); $client } 1 .. 12;
ok $origin->wait_held('bad', 1), 'one asks';
$origin->release_one('bad');
ok $origin->wait_for_requests(2), 'after its failure another one';
ok $origin->wait_held('bad', 1), 'and no more';
is $origin->requests, 2, 'the others wait';
$origin->release_one('bad');
ok $origin->wait_for_requests(3), 'the next';
$origin->release('good');
my %bodies;
$bodies{$_->read_response->body}++ for @clients;
is $bodies{bad}, 2, 'two got the failure';
is $bodies{good}, 10, 'all others share one response';
is $origin->requests, 3, 'three fetches in all';
is $pc->get('/a')->header('x-cache'), 'HIT', 'and it is stored';
done_testing;
