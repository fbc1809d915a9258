# A hundred requests at once on one connection are all at the origin together and answered in the order the origin answers.
use lib 't/lib';
use Proxycache;
use Http2;
use Http2Client;

my $origin = Origin->new(sub ($request) {
    my ($name) = $request->target =~ /(\d+)/;
    return {raw => [[wait => $name], "HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n", sprintf('%05d', $name) x 2000]};
});
my $pc = Proxycache->start(origin => $origin, server => 'http2 on; location / { proxy_pass http://%%origin%%; }');
my $c  = Http2Client->new($pc->connect, window => 1 << 24);
my %id = map { $_ => $c->request(GET => "/$_") } 1 .. 100;
ok $origin->wait_for_requests(100), 'all are at the origin';
$origin->release($_) for 1 .. 100;
my @wrong = grep { my $r = $c->response_of($id{$_}); !$r || $r->status != 200 || $r->body ne sprintf('%05d', $_) x 2000 } 1 .. 100;
is "@wrong", '', 'all are answered right';

# RFC 9113 §5.1.2: more than http2_max_concurrent_streams at once is a fault.
$c = Http2Client->new($pc->connect);
$c->sync;
is $c->{peer}{+MAX_CONCURRENT_STREAMS}, 128, '128 streams are announced';
$c->request(GET => "/$_") for 200 .. 328;
is $c->goaway_code, PROTOCOL_ERROR, 'one more ends the connection';
done_testing;
