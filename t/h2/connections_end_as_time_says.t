# keepalive_timeout ends an idle connection, keepalive_requests one that was used often, client_header_timeout one that says
# nothing or half a head, send_timeout a client that takes nothing, client_body_timeout one that sends no body.
use lib 't/lib';
use Proxycache;
use Http2;
use Http2Client;

my $origin = Origin->new(sub ($request) { [200, {}, 'x' x 1_000_000] });
my $pc = Proxycache->start(origin => $origin, http => <<'H');
    http2 on;
    log_format f '$uri $status'; access_log logs/f.log f;
    server { listen %%listen%%; keepalive_timeout 200ms; send_timeout 300ms; client_body_timeout 300ms;
        location / { return 200 ok; }
        location /big { proxy_pass http://%%origin%%; }
        location /body { proxy_pass http://%%origin%%; } }
    server { listen %%listen_often%%; keepalive_requests 3; return 200 ok; }
    server { listen %%listen_head%%; client_header_timeout 200ms; return 200 ok; }
    server { listen %%listen_rate%%; client_body_min_rate 1m; client_body_timeout 60s; location / { proxy_pass http://%%origin%%; } }
H
sub ended ($c) { !$c->until(sub { 0 }) }
my $c = Http2Client->new($pc->connect);
is $c->ask(GET => '/')->body, 'ok', 'answered';
ok ended($c), 'an idle connection ends';
is +(unpack 'NN', ($c->goaways)[-1]{payload})[1], NO_ERROR, 'with GOAWAY';

$c = Http2Client->new($pc->connect('listen_often'));
is $c->ask(GET => '/')->body, 'ok', "request $_" for 1 .. 3;
ok ended($c), 'after keepalive_requests it ends';
is_deeply [unpack 'NN', ($c->goaways)[-1]{payload}], [5, NO_ERROR], 'after the last';

$c = Http2Client->new($pc->connect('listen_head'));
ok ended($c), 'who says nothing is cut off';
$c = Http2Client->new($pc->connect('listen_head'));
$c->write(Http2::frame(HEADERS, END_STREAM, 1, $c->{hpack}->encode($c->head(GET => '/'))));
ok ended($c), 'and who says half a head';
ok $pc->connect('listen_head')->closed, 'and who does not even begin';

$c = Http2Client->new($pc->connect, gives => 0);
my $id = $c->request(GET => '/big');
ok $c->until(sub { defined $c->stream($id)->{reset} }), 'who takes nothing of an answer for send_timeout';
is $c->stream($id)->{reset}, CANCEL, 'has its stream reset';
ok $pc->wait_for(sub { $pc->read_file('logs/f.log') =~ m{^/big 200$}m }), 'which is logged';
$c = Http2Client->new($pc->connect);
$id = $c->open(0, $c->head(POST => '/body', {'content-length' => 10}));
is $c->response_of($id)->status, 408, 'who sends no body for client_body_timeout gets 408';
$c = Http2Client->new($pc->connect('listen_rate'));
$id = $c->open(0, $c->head(POST => '/body', {'content-length' => 10}));
$c->data($id, 'abc');
is $c->response_of($id)->status, 408, 'as who is slower than client_body_min_rate';
done_testing;
