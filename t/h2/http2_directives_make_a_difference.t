# http2, listen ... http2, http2_max_concurrent_streams, http2_chunk_size, http2_body_preread_size, http2_recv_buffer_size.
use lib 't/lib';
use Proxycache;
use Http2;
use Http2Client;

my $origin = Origin->new(sub ($request) { [200, {}, 'x' x 20000] });
my $pc = Proxycache->start(origin => $origin, http => <<'H');
    http2_recv_buffer_size 1k;
    client_max_body_size 0;
    server {
        listen %%listen%%; http2 on;
        http2_max_concurrent_streams 3; http2_body_preread_size 5000;
        location / { proxy_pass http://%%origin%%; }
        location /small { proxy_pass http://%%origin%%; http2_chunk_size 100; }
    }
    server { listen %%listen_old%% http2; return 200 old; }
    server { listen %%listen_off%%; return 200 off; }
H
my $c = Http2Client->new($pc->connect);
is $c->ask(GET => '/')->body_length, 20000, 'an answer';
is $c->{peer}{+MAX_CONCURRENT_STREAMS}, 3, 'http2_max_concurrent_streams';
is $c->{peer}{+INITIAL_WINDOW_SIZE}, 5000, 'http2_body_preread_size';
is((sort { $b <=> $a } $c->stream(1)->{pieces}->@*)[0], 8192, 'http2_chunk_size is 8k');
my $id = $c->request(GET => '/small');
is $c->response_of($id)->body_length, 20000, 'and 100';
is((sort { $b <=> $a } $c->stream($id)->{pieces}->@*)[0], 100, 'where it says so');
my $client = $pc->connect;
is $client->ask(GET => '/')->body_length, 20000, 'HTTP/1.1 on the same address';
is(Http2Client->new($pc->connect('listen_old'))->ask(GET => '/')->body, 'old', 'listen ... http2');
like $pc->stderr . $pc->error_log, qr/\[warn\].*"listen ... http2" directive is deprecated, use the "http2" directive instead/, 'is deprecated';
$client = $pc->connect('listen_off');
$client->write($Http2::preface);
is $client->read_response->status, 505, 'without either the preface is a request of another version';

# The preface may come in drops.
$client = $pc->connect;
for my $byte (split //, $Http2::preface) { $client->write($byte) }
$client->write(Http2::settings(), Http2::frame(HEADERS, END_HEADERS | END_STREAM, 1, Http2::Hpack->new->encode([':method', 'GET'], [':scheme', 'http'], [':path', '/'], [':authority', 'x'])));
my $frame;
until ($frame && $frame->{type} == HEADERS) {
    $frame = Http2::take_frame(\$client->{in}) // ($client->fill ? next : last);
}
ok $frame, 'a preface in drops';
$client = $pc->connect;
$client->write('P');
$client->write("OST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
is $client->read_response(method => 'POST')->status, 200, 'a request whose first byte could begin it';
done_testing;
