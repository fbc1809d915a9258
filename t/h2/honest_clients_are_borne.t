# What is counted against abuse does not hit who is honest: heads in many frames, uploads that are refused midway, messages of a byte, many
# requests that are reset, all on one connection.
use lib 't/lib';
use Proxycache;
use Http2;
use Http2Client;

my $origin = Origin->new(sub ($request) { [200, {}, $request->body_length] }, keep_body => 0);
my $pc = Proxycache->start(origin => $origin, http => 'keepalive_requests 1000000;', server => <<'E');
    http2 on;
    location /      { return 200 "well $arg_n"; }
    location /echo/ { proxy_pass http://%%origin%%; proxy_request_buffering off; client_max_body_size 0; }
    location /small { client_max_body_size 10; proxy_pass http://%%origin%%; }
E
my $c = Http2Client->new($pc->connect);
$c->sync;
sub answers ($name) { my $r = $c->ask(GET => "/"); is $r && $r->body, 'well ', $name }

for my $n (1 .. 30) {
    my @head  = $c->head(GET => "/?n=$n", {'x-one' => 'y' x 6000, 'x-two' => 'z' x 6000});
    my $block = $c->{hpack}->encode(@head);
    my $id    = $c->{next};
    $c->{next} += 2;
    $c->{streams}{$id} = {id => $id, fields => [], body => '', length => 0, window => $c->{initial}, interim => [], trailers => []};
    my @parts = unpack '(a4000)*', $block;
    my $last  = pop @parts;
    my $first = shift @parts;
    $c->write(Http2::frame(HEADERS, END_STREAM, $id, $first), (map { Http2::frame(CONTINUATION, 0, $id, $_) } @parts), Http2::frame(CONTINUATION, END_HEADERS, $id, $last));
    my $response = $c->response_of($id) or last;
    $response->body eq "well $n" or last;
    pass('30 heads in frames of their own') if $n == 30;
}
for (1 .. 40) {
    my $id = $c->open(0, $c->head(POST => '/small', {'content-length' => 60000}));
    $c->write(map { Http2::frame(DATA, 0, $id, 'x' x 1000) } 1 .. 60);    # all of it is on its way before the refusal is heard
    $c->{window} -= 60000;
    is $c->until(sub { $c->stream($id)->{status} }) && $c->stream($id)->{status}, 413, 'an upload is refused' if $_ == 40;
    $c->sync or last;
}
answers('40 uploads that were refused midway');
my $id = $c->open(0, $c->head(POST => '/echo/'));
for (1 .. 5000) { $c->write(Http2::frame(DATA, 0, $id, 'x')); $c->{window}-- }
$c->write(Http2::frame(DATA, END_STREAM, $id));
is $c->response_of($id)->body, 5000, '5000 messages of a byte';
for (1 .. 400) { my $reset = $c->request(GET => '/'); $c->reset($reset) }
answers('400 requests that were reset');
is $c->ask(POST => '/echo/', {}, 'x' x 3_000_000)->body, 3_000_000, 'an upload of 3 MB';
answers('and the connection lives');
done_testing;
