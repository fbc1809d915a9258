# A client that resets a stream in the middle frees the origin; the connection and its other streams go on. A client that
# leaves ends all that it has asked for.
use lib 't/lib';
use Proxycache;
use Http2;
use Http2Client;
use IO::Socket::IP;

my $listener = IO::Socket::IP->new(LocalHost => '127.0.0.1', LocalPort => 0, Listen => 64) or die $@;
my $pc = Proxycache->start(origin => '127.0.0.1:' . $listener->sockport, http => <<'H');
    log_format f '$uri $status'; access_log logs/f.log f;
    server { listen %%listen%%; http2 on; client_max_body_size 0;
        location / { proxy_pass http://%%origin%%; proxy_buffering off; proxy_request_buffering off; }
        location /ok { return 200 ok; } }
H
sub origin_of ($c) {
    my $socket = $listener->accept;
    $socket->blocking(0);
    my $origin = bless {socket => $socket, in => '', methods => [], timeout => 10}, 'Client';
    $origin->read_until("\r\n\r\n");
    return $origin;
}
sub logged ($uri) { $pc->wait_for(sub { $pc->read_file('logs/f.log') =~ /^$uri (499|200)$/m }) }

my $c  = Http2Client->new($pc->connect);
my $id = $c->request(GET => '/before');
my $origin = origin_of($c);
$c->reset($id);
ok $origin->closed, 'before the answer: the origin is let go';
ok logged('/before'), 'and logged';
$id     = $c->request(GET => '/within');
$origin = origin_of($c);
$origin->write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
ok $c->until(sub { $c->stream($id)->{length} == 5 }), 'a part of the answer is here';
$c->reset($id);
ok $origin->closed, 'within the answer: the origin is let go';
ok logged('/within'), 'and logged';
$id = $c->open(0, $c->head(POST => '/request', {'content-length' => 1000}));
$c->data($id, 'x' x 500);
$origin = origin_of($c);
is $origin->read_bytes(500), 'x' x 500, 'half of the request is at the origin';
$c->reset($id);
ok $origin->closed, 'within the request: the origin is let go';
ok logged('/request'), 'and logged';
is $c->ask(GET => '/ok')->body, 'ok', 'the connection goes on';

my @origins = map { $c->request(GET => "/all/$_"); origin_of($c) } 1 .. 20;
$c->client->close;
is scalar(grep { $_->closed } @origins), 20, 'a client that leaves ends all of its fetches';
ok $pc->wait_for(sub { (() = $pc->read_file('logs/f.log') =~ m{^/all/\d+ 499$}mg) == 20 }), 'and they are logged';
done_testing;
