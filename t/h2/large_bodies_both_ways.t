# Large bodies arrive whole both ways; nobody sends more than the other side has room for, and a slow reader of one stream
# does not hold back the others.
use lib 't/lib';
use Proxycache;
use Http2;
use Http2Client;
use Digest::MD5 qw(md5_hex);

my $size   = 8 << 20;
my $bytes  = join '', map { pack 'N', $_ * 2654435761 % 4294967296 } 1 .. $size / 4;
my $origin = Origin->new(sub ($request) {
    return [200, {}, md5_hex($request->body)] if $request->method eq 'POST';
    return [200, {'Cache-Control' => 'max-age=60'}, $bytes] if $request->target =~ /cached/;
    return {chunked => 1, body => $bytes} if $request->target eq '/chunked';
    return [200, {}, $bytes];
});
my $slow = Origin->new(sub ($request) { {raw => [[wait => 'read'], [read => $size], "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"]} },
    at => 'head', keep_body => 0, rcvbuf => 4096);
my $pc = Proxycache->start(origin => $origin, slow => $slow, http => <<'H');
    proxy_cache_path %%prefix%%/cache keys_zone=z:32m;
    client_max_body_size 0;
    server {
        listen %%listen%%; http2 on;
        location / { proxy_pass http://%%origin%%; }
        location /streamed { proxy_pass http://%%origin%%; proxy_buffering off; }
        location /cached { proxy_pass http://%%origin%%; proxy_cache z; }
        location /upload { proxy_pass http://%%slow%%; proxy_request_buffering off; }
    }
H
my $c = Http2Client->new($pc->connect);
for my $path (qw(/ /chunked /streamed /cached /cached)) {
    my $response = $c->ask(GET => $path);
    is $response && md5_hex($response->body), md5_hex($bytes), "down: $path";
}
is $c->ask(POST => '/', {}, $bytes)->body, md5_hex($bytes), 'up';
is $c->ask(POST => '/', {'content-length' => $size}, $bytes)->body, md5_hex($bytes), 'up, with its length';

# An upload that the origin does not read stops, and goes on when it does.
my $id = $c->open(0, $c->head(POST => '/upload', {'content-length' => $size}));
my ($sent, $rest) = (0, $bytes);
my $stream = $c->stream($id);
while ($c->sync) {
    my $room = $stream->{window} < $c->{window} ? $stream->{window} : $c->{window};
    last if $room < 1;
    $room = 16384 if $room > 16384;
    $c->data($id, substr $rest, 0, $room, '');
    $sent += $room;
}
cmp_ok $sent, '<', 6 << 20, "after $sent bytes there is no window";
is $c->ask(GET => '/cached')->body_length, $size, 'meanwhile others are served';
$slow->release('read');
ok $c->data($id, $rest, END_STREAM), 'then the rest goes';
is $c->response_of($id)->body, 'ok', 'and is answered';

# A client that takes nothing of one answer gets the others; it has got no more than it has room for.
my $d = Http2Client->new($pc->connect, settings => [INITIAL_WINDOW_SIZE, 1000], gives => 0, window => 1 << 24);
my $held = $d->request(GET => '/cached');
$d->until(sub { $d->stream($held)->{length} == 1000 });
my $other = $d->request(GET => '/');
$d->until(sub { $d->stream($other)->{length} == 1000 });
$d->sync;
is $d->stream($held)->{length}, 1000, 'no more than its window';
$d->write(Http2::window_update($other, $size));
is $d->response_of($other)->body_length, $size, 'the other stream goes on';
$d->write(Http2::window_update($held, $size));
is md5_hex($d->response_of($held)->body), md5_hex($bytes), 'and then this one';
done_testing;
