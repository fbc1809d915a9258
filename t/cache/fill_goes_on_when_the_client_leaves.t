# The first client leaves in the middle: the object is stored whole all the same, from one fetch.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) {
    {raw => ["HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 10\r\n\r\nfirst", [wait => 'rest'], ' half']}
});
my $pc = Proxycache->start(origin => $origin, http => 'proxy_cache_path cache keys_zone=one:1m;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
E

my $client = $pc->connect;
$client->request(GET => '/a');
$client->read_until('first');
$client->reset;
$origin->wait_held('rest', 1);
$origin->release('rest');
my $hit;
ok wait_until(sub { ($hit = $pc->get('/a', {'Cache-Control' => 'only-if-cached'}))->status == 200 }, 10), 'the object is stored';
is $hit->body, 'first half', 'whole';
is $origin->requests, 1, 'from one fetch';

done_testing;
