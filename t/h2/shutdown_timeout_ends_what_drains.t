# worker_shutdown_timeout ends the connections of an old worker: with GOAWAY, and their requests with them.
use lib 't/lib';
use Proxycache;
use Http2;
use Http2Client;

my $origin = Origin->new(sub ($request) { {raw => ["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhe", ['stall']]} });
my $pc = Proxycache->start(origin => $origin, conf => <<'C');
worker_shutdown_timeout 300ms;
http { log_format f '$uri $status'; access_log logs/f.log f;
    server { listen %%listen%%; http2 on; location / { proxy_pass http://%%origin%%; } location /ok { return 200 ok; } } }
C
my $c  = Http2Client->new($pc->connect);
my $id = $c->request(GET => '/held');
ok $c->until(sub { $c->stream($id)->{length} == 2 }), 'an answer has begun';
$pc->reload;
ok !$c->until(sub { $c->stream($id)->{ended} }), 'and never ends';
ok scalar($c->goaways), 'the client was told';
ok $pc->wait_for(sub { !$pc->draining }), 'the old worker has ended';
like $pc->read_file('logs/f.log'), qr{^/held 200$}m, 'and logged it';
is(Http2Client->new($pc->connect)->ask(GET => '/ok')->body, 'ok', 'the new one answers');
done_testing;
