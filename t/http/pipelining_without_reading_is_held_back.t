# A client that sends thousands of requests and reads nothing is not read either: memory stays, nothing is lost, order is kept.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(server => 'keepalive_requests 1000000; location / { return 200 "$args ................................................................"; }');
is $pc->get('/?warm')->status, 200, 'warm';
my ($worker) = $pc->workers;
my $before = $pc->memory($worker, 'Anonymous');
my $client = $pc->connect('listen', rcvbuf => 65536);
my $count  = 60_000;
my $bytes  = join q(), map { "GET /?$_ HTTP/1.1\r\nHost: x\r\nX: " . "x" x 250 . "\r\n\r\n" } 1 .. $count;
my ($sent, $full) = (0, 0);
wait_until(sub {
    my $wrote = $client->write_some(substr $bytes, $sent, 65536) // die;
    $sent += $wrote;
    $full = $wrote ? 0 : $full + 1;
    return $full > 30;
}, 20);
cmp_ok $sent, '<', length $bytes, 'the client is held back';
$pc->holds_less($pc->memory($worker, 'Anonymous') - $before, 1 << 20, 'memory of one connection');
my $answers = 0;
while ($answers < $count) {
    $sent += $client->write_some(substr $bytes, $sent, 65536) // die if $sent < length $bytes;
    for (1 .. 100) {
        my $response = $client->read_response(method => 'GET');
        $response->body =~ /^(\d+) / && $1 == ++$answers or die "answer $answers: " . $response->body;
        last if $answers == $count;
    }
}
is $answers, $count, 'all are answered, in order';
done_testing;
