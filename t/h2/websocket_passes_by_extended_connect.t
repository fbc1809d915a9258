# RFC 8441: a WebSocket asked for by CONNECT reaches an HTTP/1.1 origin as an upgrade; bytes go both ways, each side's end
# reaches the other, silence ends it. Any other CONNECT is refused.
use lib 't/lib';
use Proxycache;
use Http2;
use Http2Client;

my $origin = Origin->new(sub ($request) {
    return [200, {}, 'plain'] if $request->target eq '/plain';
    return [403, {}, 'no'] if $request->target eq '/no';
    return {status => 101, headers => {Upgrade => 'websocket', Connection => 'upgrade', 'Sec-WebSocket-Accept' => 'x', 'X-Key' => length $request->header('sec-websocket-key'),
        'X-Asked' => join ' ', $request->method, $request->header('upgrade'), $request->header('connection'), $request->header('sec-websocket-version')},
        tunnel => sub ($bytes) { uc $bytes }};
});
my $pc = Proxycache->start(origin => $origin, http => <<'H');
    log_format f '$request $status'; access_log logs/f.log f;
    server { listen %%listen%%; http2 on;
        location / { proxy_pass http://%%origin%%; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; }
        location /silent { proxy_pass http://%%origin%%; proxy_read_timeout 300ms; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; } }
H
my $c = Http2Client->new($pc->connect, window => 1 << 24);
$c->sync;
is $c->{peer}{+ENABLE_CONNECT_PROTOCOL}, 1, 'extended CONNECT is announced';
sub ws ($path, $protocol = 'websocket') {
    return $c->open(0, [':method', 'CONNECT'], [':protocol', $protocol], [':scheme', 'http'], [':path', $path], [':authority', 'a.test'], ['sec-websocket-version', '13']);
}
sub header ($id, $name) { (map { $_->[1] } grep { $_->[0] eq $name } $c->stream($id)->{fields}->@*)[0] }
my $id = ws('/chat');
ok $c->until(sub { $c->stream($id)->{status} || defined $c->stream($id)->{reset} }), 'answered';
is $c->stream($id)->{status}, 200, 'with 200';
is header($id, 'x-asked'), 'GET websocket upgrade 13', 'the origin was asked in its own way';
is header($id, 'x-key'), 24, 'with a key';
is header($id, 'sec-websocket-accept'), undef, 'whose answer stays there';
is header($id, 'upgrade'), undef, 'as do the fields of the connection';
$c->data($id, 'hello');
ok $c->until(sub { $c->stream($id)->{body} eq 'HELLO' }), 'bytes go both ways';
$c->data($id, 'a' x 300_000);
ok $c->until(sub { $c->stream($id)->{length} == 300_005 }), 'many of them';
is $c->ask(GET => '/plain')->body, 'plain', 'beside other requests';
$c->reset($id);
ok $pc->wait_for(sub { $pc->read_file('logs/f.log') =~ m{^CONNECT /chat HTTP/2.0 101$}m }), 'a client that resets ends it';

$id = ws('/silent');
$c->until(sub { $c->stream($id)->{status} });
ok $c->until(sub { $c->stream($id)->{ended} || defined $c->stream($id)->{reset} }), 'silence ends it';
$id = ws('/chat');
$c->until(sub { $c->stream($id)->{status} });
$c->data($id, 'bye', END_STREAM);
ok $c->until(sub { $c->stream($id)->{ended} || defined $c->stream($id)->{reset} }), 'a client that has said all gets the end';
is $c->stream($id)->{body}, 'BYE', 'and what was said before';
sub status ($id) { $c->until(sub { $c->stream($id)->{ended} || defined $c->stream($id)->{reset} }); $c->stream($id)->{status} }
is status(ws('/no')), 403, 'an origin that refuses is heard';
is status(ws('/plain')), 501, 'one that answers without an upgrade opened no tunnel';
is status(ws('/chat', 'connect-udp')), 501, 'another protocol is not known';
is status($c->open(END_STREAM, [':method', 'CONNECT'], [':authority', 'a.test:80'])), 405, 'CONNECT is refused';
is $c->ask(GET => '/plain')->body, 'plain', 'the connection goes on';
done_testing;
