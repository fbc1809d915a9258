# A second client of the same worker reads the object while it grows, from its first byte, without a second fetch.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) {
    {raw => ["HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 10\r\n\r\nfirst", [wait => 'rest'], ' half']}
});
my $pc = Proxycache->start(origin => $origin, http => 'proxy_cache_path cache keys_zone=one:1m;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
E

my @clients = map { $pc->connect } 1 .. 2;
for my $client (@clients) {
    $client->request(GET => '/a');
    like $client->read_until('first'), qr/first$/, 'the beginning is there before the end is';
}
$origin->release('rest');
is $_->read_bytes(5), ' half', 'and then the rest' for @clients;
is $origin->requests, 1, 'one fetch';

done_testing;
