# For each MUST of RFC 9113 (and 8441, 9218) that demands an error of a server: the section, what is sent, and the code that comes
# back, of the connection (GOAWAY, then its end) or of the stream (RST_STREAM; the connection goes on).
use lib 't/lib';
use Proxycache;
use Http2;
use Http2Client;

my $origin = Origin->new(sub ($request) { {raw => [['stall']]} });
my $pc = Proxycache->start(origin => $origin, http => 'http2_max_concurrent_streams 2; keepalive_requests 1000000;', server => <<'E');
    http2 on;
    large_client_header_buffers 4 8k;
    location /      { return 200 "well"; }
    location /held/ { proxy_pass http://%%origin%%; proxy_request_buffering off; client_max_body_size 0; }
E
my %code = map { no strict 'refs'; $_ => &{"main::$_"}() } qw(PROTOCOL_ERROR FLOW_CONTROL_ERROR STREAM_CLOSED FRAME_SIZE_ERROR REFUSED_STREAM COMPRESSION_ERROR);
my %name = reverse %code;
my $hpack = Http2::Hpack->new;
my @get   = ([':method', 'GET'], [':scheme', 'http'], [':authority', 'localhost'], [':path', '/']);
my @held  = (@get[0 .. 2], [':path', '/held/']);
my @post  = ([':method', 'POST'], @get[1 .. 3]);
sub block (@fields) { $hpack->encode(@fields) }
sub whole (@fields) { Http2::frame(HEADERS, END_HEADERS | END_STREAM, 1, block(@fields)) }
sub begun (@fields) { Http2::frame(HEADERS, END_HEADERS, 1, block(@fields)) }
sub body ($bytes, $flags = END_STREAM) { Http2::frame(DATA, $flags, 1, $bytes) }
my ($held, $open) = (whole(@held), begun([':method', 'POST'], @held[1 .. 3]));
sub settings (@pairs) { Http2::settings(@pairs) }
sub on ($stream, $frame) { substr $frame, 5, 4, pack 'N', $stream; $frame }

# Errors of a stream may be taken for errors of the connection: the library does where it cannot happen to an honest client.
my @connection = (
    ['5.1.2', 'more streams than SETTINGS_MAX_CONCURRENT_STREAMS', $held . on(3, $held) . on(5, $held), 'PROTOCOL_ERROR'],
    ['5.1',   'DATA behind END_STREAM', $held . body('x'), 'STREAM_CLOSED'],
    ['5.1',   'HEADERS behind END_STREAM', $held . whole(['x', 'y']), 'STREAM_CLOSED'],
    ['6.9',   'WINDOW_UPDATE of 0', $held . Http2::window_update(1, 0), 'PROTOCOL_ERROR'],
    ['6.3',   'PRIORITY of 4 bytes', $held . Http2::frame(PRIORITY, 0, 1, "\0" x 4), 'FRAME_SIZE_ERROR'],
    ['4.2',   'a HEADERS frame larger than SETTINGS_MAX_FRAME_SIZE', Http2::frame(HEADERS, END_HEADERS, 1, 'x' x 16385), 'FRAME_SIZE_ERROR'],
    ['4.2',   'HEADERS too small for their priority', Http2::frame(HEADERS, END_HEADERS | HAS_PRIORITY, 1, "\0" x 4), 'FRAME_SIZE_ERROR'],
    ['4.3',   'a field block with an index that is not there', Http2::frame(HEADERS, END_HEADERS, 1, "\xff\xff\x03"), 'COMPRESSION_ERROR'],
    ['4.3',   'a field block that ends in the middle', Http2::frame(HEADERS, END_HEADERS, 1, "\x00\x05ab"), 'COMPRESSION_ERROR'],
    ['4.3',   'a string with Huffman padding that is none', Http2::frame(HEADERS, END_HEADERS, 1, "\x00\x81\x00\x01x"), 'COMPRESSION_ERROR'],
    ['4.3.1', 'a dynamic table larger than SETTINGS_HEADER_TABLE_SIZE', Http2::frame(HEADERS, END_HEADERS, 1, "\x3f\xff\xff\x03"), 'COMPRESSION_ERROR'],
    ['4.3',   'another frame inside a field block', Http2::frame(HEADERS, 0, 1, block(@get)) . Http2::ping('x'), 'PROTOCOL_ERROR'],
    ['4.3',   'another stream inside a field block', Http2::frame(HEADERS, 0, 1, block(@get)) . Http2::frame(CONTINUATION, END_HEADERS, 3), 'PROTOCOL_ERROR'],
    ['5.5',   'an unknown frame inside a field block', Http2::frame(HEADERS, 0, 1, block(@get)) . Http2::frame(0x42, 0, 1), 'PROTOCOL_ERROR'],
    ['5.1',   'DATA of an idle stream', body('x'), 'PROTOCOL_ERROR'],
    ['5.1',   'RST_STREAM of an idle stream', Http2::rst_stream(1, CANCEL), 'PROTOCOL_ERROR'],
    ['5.1',   'WINDOW_UPDATE of an idle stream', Http2::window_update(1, 1), 'PROTOCOL_ERROR'],
    ['5.1.1', 'a stream with an even number', on(2, whole(@get)), 'PROTOCOL_ERROR'],
    ['5.1.1', 'a stream below one that was used', on(5, $held) . on(3, whole(@get)), 'PROTOCOL_ERROR'],
    ['6.1',   'DATA of stream 0', on(0, body('x')), 'PROTOCOL_ERROR'],
    ['6.1',   'padding as long as its DATA', $open . body("\x05abcd", PADDED), 'PROTOCOL_ERROR'],
    ['6.2',   'HEADERS of stream 0', on(0, whole(@get)), 'PROTOCOL_ERROR'],
    ['6.2',   'padding longer than its HEADERS', Http2::frame(HEADERS, END_HEADERS | PADDED, 1, "\xff" . block(@get)), 'PROTOCOL_ERROR'],
    ['6.3',   'PRIORITY of stream 0', Http2::frame(PRIORITY, 0, 0, "\0" x 5), 'PROTOCOL_ERROR'],
    ['6.4',   'RST_STREAM of stream 0', Http2::rst_stream(0, CANCEL), 'PROTOCOL_ERROR'],
    ['6.4',   'RST_STREAM of 3 bytes', $held . Http2::frame(RST_STREAM, 0, 1, "\0" x 3), 'FRAME_SIZE_ERROR'],
    ['6.5',   'SETTINGS of a stream', Http2::frame(SETTINGS, 0, 1), 'PROTOCOL_ERROR'],
    ['6.5',   'SETTINGS of 5 bytes', Http2::frame(SETTINGS, 0, 0, "\0" x 5), 'FRAME_SIZE_ERROR'],
    ['6.5',   'an acknowledgement that says something', Http2::frame(SETTINGS, ACK, 0, "\0" x 6), 'FRAME_SIZE_ERROR'],
    ['6.5.2', 'ENABLE_PUSH of 2', settings(ENABLE_PUSH, 2), 'PROTOCOL_ERROR'],
    ['6.5.2', 'INITIAL_WINDOW_SIZE of 2^31', settings(INITIAL_WINDOW_SIZE, 1 << 31), 'FLOW_CONTROL_ERROR'],
    ['6.5.2', 'MAX_FRAME_SIZE of 16383', settings(MAX_FRAME_SIZE, 16383), 'PROTOCOL_ERROR'],
    ['6.5.2', 'MAX_FRAME_SIZE of 2^24', settings(MAX_FRAME_SIZE, 1 << 24), 'PROTOCOL_ERROR'],
    ['8441 3', 'ENABLE_CONNECT_PROTOCOL of 2', settings(ENABLE_CONNECT_PROTOCOL, 2), 'PROTOCOL_ERROR'],
    ['9218 2.1', 'NO_RFC7540_PRIORITIES of 2', settings(9, 2), 'PROTOCOL_ERROR'],
    ['9218 7.1', 'PRIORITY_UPDATE of a stream', Http2::frame(0x10, 0, 1, pack('N', 1) . 'u=1'), 'PROTOCOL_ERROR'],
    ['9218 7.1', 'PRIORITY_UPDATE for stream 0', Http2::frame(0x10, 0, 0, pack('N', 0) . 'u=1'), 'PROTOCOL_ERROR'],
    ['9218 7.1', 'PRIORITY_UPDATE of 3 bytes', Http2::frame(0x10, 0, 0, 'abc'), 'FRAME_SIZE_ERROR'],
    ['8.4',   'PUSH_PROMISE of a client', $held . Http2::frame(PUSH_PROMISE, END_HEADERS, 1, pack('N', 2) . block(@get)), 'PROTOCOL_ERROR'],
    ['6.7',   'PING of a stream', on(1, Http2::ping('x')), 'PROTOCOL_ERROR'],
    ['6.7',   'PING of 7 bytes', Http2::frame(PING, 0, 0, 'x' x 7), 'FRAME_SIZE_ERROR'],
    ['6.8',   'GOAWAY of a stream', on(1, Http2::goaway(0, 0)), 'PROTOCOL_ERROR'],
    ['6.8',   'GOAWAY of 7 bytes', Http2::frame(GOAWAY, 0, 0, "\0" x 7), 'FRAME_SIZE_ERROR'],
    ['6.9',   'WINDOW_UPDATE of 0 for the connection', Http2::window_update(0, 0), 'PROTOCOL_ERROR'],
    ['6.9',   'WINDOW_UPDATE of 3 bytes', Http2::frame(WINDOW_UPDATE, 0, 0, "\0" x 3), 'FRAME_SIZE_ERROR'],
    ['6.9.1', 'a window of the connection beyond 2^31-1', Http2::window_update(0, 0x7fffffff), 'FLOW_CONTROL_ERROR'],
    ['6.10',  'CONTINUATION of nothing', Http2::frame(CONTINUATION, END_HEADERS, 1, block(@get)), 'PROTOCOL_ERROR'],
    ['6.10',  'CONTINUATION behind a head that has ended', $open . Http2::frame(CONTINUATION, END_HEADERS, 1, block(['x', 'y'])), 'PROTOCOL_ERROR'],
    ['6.10',  'CONTINUATION of stream 0', Http2::frame(HEADERS, 0, 1, block(@get)) . Http2::frame(CONTINUATION, END_HEADERS, 0), 'PROTOCOL_ERROR'],
);
my @stream = (
    ['6.9.2', 'SETTINGS that take a window beyond 2^31-1', $open . Http2::window_update(1, 0x7fff0000) . settings(INITIAL_WINDOW_SIZE, 0x7fffffff), 'FLOW_CONTROL_ERROR'],
    ['6.9.1', 'more DATA than the window of the stream', $open . body('x' x 16384, 0) x 20, 'FLOW_CONTROL_ERROR'],
    ['6.9.1', 'a window beyond 2^31-1', $held . Http2::window_update(1, 0x7fffffff), 'FLOW_CONTROL_ERROR'],
    ['8.1',   'trailers that do not end the stream', $open . Http2::frame(HEADERS, END_HEADERS, 1, block(['x', 'y'])), 'PROTOCOL_ERROR'],
    ['8.1.1', 'more content than Content-Length', begun(@post, ['content-length', 1]) . body('xy'), 'PROTOCOL_ERROR'],
    ['8.1.1', 'less content than Content-Length', begun([':method', 'POST'], @held[1 .. 3], ['content-length', 3]) . body('xy'), 'PROTOCOL_ERROR'],
    ['8.1.1', 'no content, and a Content-Length', whole(@post, ['content-length', 3]), 'PROTOCOL_ERROR'],
    ['8.1.1', 'a Content-Length that is no number', begun(@post, ['content-length', 'x']), 'PROTOCOL_ERROR'],
    ['8.1.1', 'two that differ', begun(@post, ['content-length', 1], ['content-length', 2]), 'PROTOCOL_ERROR'],
    (map { ['8.2.1', sprintf('a name with %s', $_->[0]), whole(@get, [$_->[1], 'x']), 'PROTOCOL_ERROR'] }
        ['upper case', 'X-Upper'], ['a space', 'a b'], ['a control character', "a\x01"], ['a colon', 'a:b'], ['DEL', "a\x7f"], ['a byte above', "a\xe4"], ['nothing', '']),
    (map { ['8.2.1', sprintf('a value with %s', $_->[0]), whole(@get, ['x', $_->[1]]), 'PROTOCOL_ERROR'] }
        ['NUL', "a\0b"], ['CR', "a\rb"], ['LF', "a\nb"], ['a space in front', ' a'], ['a tab behind', "a\t"]),
    (map { ['8.2.2', "$_->[0]: $_->[1]", whole(@get, $_), 'PROTOCOL_ERROR'] }
        ['connection', 'close'], ['proxy-connection', 'x'], ['keep-alive', 'x'], ['transfer-encoding', 'chunked'], ['upgrade', 'x'], ['te', 'gzip']),
    ['8.3',   'a pseudo-field behind others', whole(@get[0 .. 2], ['x', 'y'], $get[3]), 'PROTOCOL_ERROR'],
    ['8.3',   'an unknown pseudo-field', whole(@get, [':what', 'x']), 'PROTOCOL_ERROR'],
    ['8.3',   ':status of a request', whole(@get, [':status', '200']), 'PROTOCOL_ERROR'],
    ['8.3',   'a pseudo-field in trailers', $open . whole([':path', '/']), 'PROTOCOL_ERROR'],
    (map { my $i = $_; ['8.3', "$get[$i][0] twice", whole(@get[0 .. $i], @get[$i .. 3]), 'PROTOCOL_ERROR'] } 0 .. 3),
    (map { my $i = $_; ['8.3.1', "no $get[$i][0]", whole(map { $get[$_] } grep { $_ != $i } 0 .. 3), 'PROTOCOL_ERROR'] } 0, 1, 3),
    ['8.3.1', 'an empty :path', whole(@get[0 .. 2], [':path', '']), 'PROTOCOL_ERROR'],
    ['8.3.1', 'a :path that is none', whole(@get[0 .. 2], [':path', 'x']), 'PROTOCOL_ERROR'],
    ['8.3.1', '* of another method than OPTIONS', whole(@get[0 .. 2], [':path', '*']), 'PROTOCOL_ERROR'],
    ['8.3.1', 'user information in :authority', whole(@get[0, 1], [':authority', 'me@localhost'], $get[3]), 'PROTOCOL_ERROR'],
    ['8.3.1', 'an :authority that is none', whole(@get[0, 1], [':authority', 'a/b'], $get[3]), 'PROTOCOL_ERROR'],
    ['8.3.1', 'a Host that is another than :authority', whole(@get, ['host', 'other']), 'PROTOCOL_ERROR'],
    ['8.5',   'CONNECT with :scheme and :path', whole([':method', 'CONNECT'], @get[1 .. 3]), 'PROTOCOL_ERROR'],
    ['8.5',   'CONNECT without :authority', whole([':method', 'CONNECT']), 'PROTOCOL_ERROR'],
    ['8441 4', ':protocol without CONNECT', whole(@get, [':protocol', 'websocket']), 'PROTOCOL_ERROR'],
    ['8441 4', 'extended CONNECT without :path', whole([':method', 'CONNECT'], @get[1, 2], [':protocol', 'websocket']), 'PROTOCOL_ERROR'],
);

# The first error that comes: ['connection' or its stream, the name of the code].
sub error_of ($c) {
    while (my $frame = $c->step) {
        next unless $frame->{type} == RST_STREAM || $frame->{type} == GOAWAY;
        my $of_all = $frame->{type} == GOAWAY;
        my $code   = (unpack 'NN', $frame->{payload})[$of_all];
        return [$of_all ? 'connection' : $frame->{stream}, $name{$code} // $code] if $code || !$of_all;
    }
    return ['connection', 'ended without a word'];
}
my ($worker) = $pc->workers;
for (['3.4', 'a preface that is none', "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n" . settings()], ['3.4', 'no SETTINGS first', $Http2::preface . Http2::ping('x')]) {
    my ($section, $what, $bytes) = @$_;
    my $c = bless {client => $pc->connect, frames => [], streams => {}}, 'Http2Client';
    $c->write($bytes);
    is error_of($c)->[1], 'PROTOCOL_ERROR', "$section: $what";
}
for (@connection) {
    my ($section, $what, $bytes, $code) = @$_;
    my $c = Http2Client->new($pc->connect);
    $c->sync;    # its SETTINGS are acknowledged
    $c->write($bytes);
    is_deeply eval { error_of($c) } // $@, ['connection', $code], "$section: $what: $code";
    1 while $c->step;
    ok $c->client->closed, 'and the connection ends';
}
for (@stream) {
    my ($section, $what, $bytes, $code, $id) = @$_;
    my $c = Http2Client->new($pc->connect);
    $c->sync;    # its SETTINGS are acknowledged
    $c->write($bytes);
    is_deeply eval { error_of($c) } // $@, [$id // 1, $code], "$section: $what: $code";
    ok $c->sync, 'and the connection goes on';
}
is_deeply [$pc->workers], [$worker], 'the worker lives';
is $pc->get('/')->body, 'well', 'and answers';
done_testing;
