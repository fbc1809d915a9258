# At a reload the client is told first that no more streams should come, then which ones were taken; what it has asked for
# meanwhile is answered, and an idle connection ends.
use lib 't/lib';
use Proxycache;
use Http2;
use Http2Client;

my $origin = Origin->new(sub ($request) {
    return [200, {}, 'ok'] if $request->target eq '/ok';
    return {raw => [[wait => 'go'], "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nheld"]};
});
my $pc = Proxycache->start(origin => $origin, server => 'http2 on; location / { proxy_pass http://%%origin%%; }');
my $c  = Http2Client->new($pc->connect, deaf => 1);
my $idle = Http2Client->new($pc->connect);
is $_->ask(GET => '/ok')->body, 'ok', 'a request' for $c, $idle;
my $held = $c->request(GET => '/held');
ok $origin->wait_for_requests(3);
$pc->reload;
ok $c->until(sub { $c->goaways }), 'a GOAWAY comes';
is_deeply [unpack 'NN', ($c->goaways)[0]{payload}], [0x7fffffff, NO_ERROR], 'that names no stream';
is $c->ask(GET => '/ok')->body, 'ok', 'a request that crosses it is answered';
my ($ping) = grep { $_->{type} == PING && !($_->{flags} & ACK) } $c->frames;
ok $ping, 'a PING follows it';
$c->write(Http2::ping($ping->{payload}, ACK));
ok $c->until(sub { $c->goaways == 2 }), 'when it is answered the second GOAWAY comes';
is_deeply [unpack 'NN', ($c->goaways)[1]{payload}], [5, NO_ERROR], 'that names the last stream';
my $late = $c->request(GET => '/ok');
$origin->release('go');
is $c->response_of($held)->body, 'held', 'what was under way is answered';
ok !$c->until(sub { 0 }), 'then the connection ends';
ok !$c->stream($late)->{status}, 'a late request is ignored';
ok !$idle->until(sub { 0 }), 'an idle connection ends';
is scalar($idle->goaways), 2, 'with both GOAWAYs';
$c->client->close;
$idle->client->close;
ok $pc->wait_for(sub { !$pc->draining }), 'the old worker ends';
done_testing;
