# What costs us more than it costs the client: each ends in GOAWAY or close within 10,000 frames or 256 KiB, for less than 1 MiB of memory and
# 50 ms of CPU (RFC 9113 §10.5); slow reads within send_timeout. Others are served meanwhile.
use lib 't/lib';
use Proxycache;
use Http2;
use Http2Client;
use Wait qw(patience);
use IO::Select;

my $origin = Origin->new(sub ($request) { {raw => [['stall']]} });
my $large  = Origin->new(sub ($request) { {raw => ["HTTP/1.1 200 OK\r\nContent-Length: 30000000\r\n\r\n", [bytes => 30_000_000]]} });
my $pc = Proxycache->start(origin => $origin, large => $large, http => 'keepalive_requests 1000000;', server => <<'E');
    http2 on;
    location /       { return 200 "well"; }
    location /held/  { proxy_pass http://%%origin%%; proxy_request_buffering off; client_max_body_size 0; }
    location /large/long { proxy_pass http://%%large%%; proxy_max_temp_file_size 0; }
    location /large/ { proxy_pass http://%%large%%; send_timeout 300ms; proxy_max_temp_file_size 0; }
E
my ($worker) = $pc->workers;
my $hpack = Http2::Hpack->new;
my @get   = ([':method', 'GET'], [':scheme', 'http'], [':authority', 'localhost'], [':path', '/']);
my @held  = (@get[0 .. 2], [':path', '/held/']);
my @post  = ([':method', 'POST'], @held[1 .. 3]);
sub head ($id, $flags, @fields) { Http2::frame(HEADERS, END_HEADERS | $flags, $id, $hpack->encode(@fields)) }
my $padded = "\xff" . "\0" x 255;
my $bomb   = $hpack->encode(@get) . $hpack->encode_indexed('x', 'y' x 4000);

# More than the socket takes, of which nothing is read.
my $unread = Http2::settings(INITIAL_WINDOW_SIZE, 0x7fffffff) . Http2::window_update(0, 1 << 30) . head(1, END_STREAM, @get[0 .. 2], [':path', '/large/long']);

# name, what goes before, what goes on and on ($id: a new stream each time), whether nothing is read of what comes.
my @floods = (
    ['rapid reset',                 '', sub ($id) { head($id, END_STREAM, @get) . Http2::rst_stream($id, CANCEL) }],
    ['rapid reset of fetches',      '', sub ($id) { head($id, END_STREAM, @held) . Http2::rst_stream($id, CANCEL) }],
    ['made you reset: malformed',   '', sub ($id) { head($id, END_STREAM, @get, ['X-Upper', 'x']) }],
    ['made you reset: too much',    '', sub ($id) { head($id, 0, @post, ['content-length', 1]) . Http2::frame(DATA, 0, $id, 'xy') }],
    ['made you reset: windows',     '', sub ($id) { head($id, 0, @post) . Http2::window_update($id, 0x7fffffff) }],
    ['made you reset: zero',        '', sub ($id) { head($id, 0, @post) . Http2::window_update($id, 0) }],
    ['CONTINUATION, empty',         Http2::frame(HEADERS, 0, 1, $hpack->encode(@get)), sub ($id) { Http2::frame(CONTINUATION, 0, 1) }],
    ['CONTINUATION, full',          Http2::frame(HEADERS, 0, 1, $hpack->encode(@get)), sub ($id) { Http2::frame(CONTINUATION, 0, 1, $hpack->encode(['x', 'y' x 100]) x 150) }],
    ['PING',                        '', sub ($id) { Http2::ping('x') }],
    ['PING, nothing read',          $unread, sub ($id) { Http2::ping('x') }, 1],
    ['SETTINGS',                    '', sub ($id) { Http2::settings() }],
    ['SETTINGS, nothing read',      $unread, sub ($id) { Http2::settings(INITIAL_WINDOW_SIZE, $id) }, 1],
    ['rapid reset, nothing read',   $unread, sub ($id) { head($id + 2, END_STREAM, @get) . Http2::rst_stream($id + 2, CANCEL) }, 1],
    ['SETTINGS over many streams',  (join '', map { head($_ * 2 + 1, 0, @post) } 0 .. 99), sub ($id) { Http2::settings(INITIAL_WINDOW_SIZE, $id) }],
    ['WINDOW_UPDATE',               '', sub ($id) { Http2::window_update(0, 1) }],
    ['WINDOW_UPDATE of a stream',   head(1, 0, @post), sub ($id) { Http2::window_update(1, 1) }],
    ['PRIORITY',                    '', sub ($id) { Http2::frame(PRIORITY, 0, $id, "\0\0\0\0\1") }],
    ['PRIORITY_UPDATE',             '', sub ($id) { Http2::frame(0x10, 0, 0, pack('N', $id) . 'u=1') }],
    ['unknown frames',              '', sub ($id) { Http2::frame(0x42, 0, 0, 'x') }],
    ['HPACK bomb',                  head(1, END_STREAM, @get) . Http2::frame(HEADERS, END_HEADERS | END_STREAM, 3, $bomb),
        sub ($id) { Http2::frame(HEADERS, END_HEADERS | END_STREAM, $id + 4, $hpack->encode(@get) . "\xbe" x 16000) }],
    ['HPACK bomb of cookies',       '', sub ($id) { head($id, END_STREAM, @get, map { ['cookie', ''] } 1 .. 1600) }],
    ['HPACK tables resized',        '', sub ($id) { Http2::frame(HEADERS, END_HEADERS | END_STREAM, $id, "\x20\x3f\xe1\x1f" x 1 . $hpack->encode(@get, ['X', 'x'])) }],
    ['empty DATA',                  head(1, 0, @post), sub ($id) { Http2::frame(DATA, 0, 1) }],
    ['DATA of what is gone, empty', head(1, END_STREAM, @get), sub ($id) { Http2::frame(DATA, 0, 1) }],
    ['DATA of what is gone, small', head(1, END_STREAM, @get), sub ($id) { Http2::frame(DATA, 0, 1, 'x') }],
    ['DATA of padding',             head(1, 0, @post), sub ($id) { Http2::frame(DATA, PADDED, 1, $padded) }],
    ['trailers that never end',     head(1, 0, @post), sub ($id) { head(1, 0, ['x', 'y']) }],
    ['RST_STREAM of what is gone',  head(1, END_STREAM, @get), sub ($id) { Http2::rst_stream(1, CANCEL) }],
    ['GOAWAY',                      '', sub ($id) { Http2::goaway(0, 0) }],
);

# Whether all that was written has left the socket's queue on the other side, so that it was looked at.
sub taken ($c) {
    my $port = sprintf ':%04X ', $c->client->local_port;
    return wait_until(sub {
        open my $table, '<', '/proc/net/tcp' or die $!;
        !grep { /$port[0-9A-F]{2} [0-9A-F]{8}:(?!00000000)/ && (split)[2] =~ /\Q@{[substr $port, 0, 5]}\E$/ } readline $table;
    }, 2);
}

# GOAWAY with an error is here, or the end. Who reads nothing is not told: the log is.
sub is_over ($c, $logged) {
    return (() = $pc->error_log =~ /client sent too much/g) >= $logged if $logged;
    my $client = $c->client;
    while (IO::Select->new($client->socket)->can_read(0)) { $client->fill or return 1 }
    while (my $frame = Http2::take_frame(\$client->{in})) { $c->take($frame) }
    return scalar grep { (unpack 'NN', $_->{payload})[1] } $c->goaways;
}
sub cpu () { (split ' ', do { open my $file, '<', "/proc/$worker/schedstat" or die; readline $file })[0] / 1e6 }

$pc->get('/');
for my $flood (@floods) {
    my ($name, $first, $make, $reads_nothing) = @$flood;
    Http2Client->new($pc->connect)->sync;
    my $c = Http2Client->new($pc->connect('listen', $reads_nothing ? (rcvbuf => 4096) : ()));
    $c->sync;
    $c->write($first);
    $c->{gives} = 0;
    my $logged = $reads_nothing && 1 + (() = $pc->error_log =~ /client sent too much/g);
    my ($cpu, $memory, $frames, $bytes, $over, $id) = (cpu(), $pc->memory($worker, 'Private_Dirty'), 0, length $first, 0, 1);
    my $most = $memory;
    until ($over || $frames > 10_000 && $bytes > 256 << 10) {
        my $batch = '';
        for (1 .. 50) {
            $batch .= my $one = $make->($id);
            $id += 2;
            $bytes += length $one;
            $frames++ for 1 .. ($name =~ /^(?:rapid|made)/ && $name !~ /malformed/ ? 2 : 1);
            last if length $batch > 65536;
        }
        $over = !$c->write($batch);
        $over ||= !taken($c) || is_over($c, $logged);
        my $now = $pc->memory($worker, 'Private_Dirty');
        $most = $now if $now > $most;
    }
    ok $over, sprintf '%s: over after %d frames, %d KiB', $name, $frames, $bytes >> 10;
    $pc->holds_less($most - $memory, 1 << 20, 'less than 1 MiB');
    my $spent = cpu() - $cpu;
    cmp_ok $spent, '<', patience(50), sprintf 'CPU: %.1f ms', $spent;
    is $pc->get('/')->body, 'well', 'others are served';
}
is_deeply [$pc->workers], [$worker], 'the worker lives';

for (['a window of nothing', [INITIAL_WINDOW_SIZE, 0], 0], ['a window of a byte', [INITIAL_WINDOW_SIZE, 1], 0], ['nothing is read', [INITIAL_WINDOW_SIZE, 0x7fffffff], 1 << 30]) {
    my ($name, $settings, $window) = @$_;
    my $c = Http2Client->new($pc->connect('listen', rcvbuf => 4096), settings => $settings, gives => 0, window => $window);
    my $id = $c->request(GET => '/large/');
    if ($window) { ok wait_until(sub { $large->open_connections == 0 }), "$name: the origin is let go" }
    else         { is $c->reset_code($id), CANCEL, "$name: the stream is over after send_timeout" }
}
done_testing;
