# 4 GiB to an origin that does not read, unbuffered: memory stays within 2 MiB.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { {raw => [[wait => 'go'], "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"]} }, at => 'head', rcvbuf => 4096);
my $pc = Proxycache->start(origin => $origin, server => <<'E');
    client_max_body_size 0;
    location / { proxy_pass http://%%origin%%; proxy_request_buffering off; }
E
my ($worker) = $pc->workers;
my $before = $pc->memory($worker, 'Pss');
my $client = $pc->connect;
$client->write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " . (4 << 30) . "\r\n\r\n");
my ($piece, $sent, $full) = ('x' x 65536, 0, 0);
while ($full < 20) {
    my $wrote = $client->write_some($piece) // last;
    $sent += $wrote;
    $wrote == 0 ? ($full++, select undef, undef, undef, 0.01) : ($full = 0);
    last if $sent > 200 << 20;
}
cmp_ok $sent, '<', 64 << 20, 'the client is held back';
$pc->holds_less($pc->memory($worker, 'Pss') - $before, 2 << 20, 'memory of one connection');
done_testing;
