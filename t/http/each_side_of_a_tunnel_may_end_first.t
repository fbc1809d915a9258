# After 101 a client that has said all may still listen: its half-close is passed on. When the origin ends, the tunnel ends, after
# all it said has reached the client (RFC 9110 section 9.3.6).
use lib 't/lib';
use Proxycache;
use IO::Socket::IP;

my $listener = IO::Socket::IP->new(LocalHost => '127.0.0.1', LocalPort => 0, Listen => 8) or die $@;
my $pc = Proxycache->start(origin => '127.0.0.1:' . $listener->sockport, server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; }
E
sub tunnel {
    my $client = $pc->connect;
    $client->request('GET', '/', {Upgrade => 'test', Connection => 'upgrade'});
    my $socket = $listener->accept;
    $socket->blocking(0);
    my $origin = bless {socket => $socket, in => '', methods => [], timeout => 10}, 'Client';
    like $origin->read_until("\r\n\r\n"), qr/^Upgrade: test\r$/m, 'the origin is asked';
    $origin->write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: test\r\nConnection: upgrade\r\n\r\nfirst words");
    is $client->read_response->status, 101, 'switched';
    is $client->read_bytes(11), 'first words', 'what came with the head';
    return ($client, $origin);
}
my $late = 'x' x 500_000;

my ($client, $origin) = tunnel();
$client->write('last words');
$client->shutdown_write;
is $origin->read_all, 'last words', 'the client ends: the origin reads the end';
$origin->write($late);
is length $client->read_bytes(length $late), length $late, 'and the client still hears the origin';
$origin->close;
ok $client->closed, 'until that ends too';
is $client->ended, 'eof', 'cleanly';

($client, $origin) = tunnel();
$origin->write($late);
$origin->close;
is length $client->read_all, length $late, 'the origin ends: the client reads all of it';
is $client->ended, 'eof', 'cleanly';

($client, $origin) = tunnel();
$client->reset;
ok $origin->closed, 'a client that breaks off ends both';
($client, $origin) = tunnel();
$origin->reset;
ok $client->closed, 'an origin that breaks off ends both';
done_testing;
