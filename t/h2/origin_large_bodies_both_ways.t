# 64 MiB up and 64 MiB down over one HTTP/2 connection to the origin, each as fast as the other side takes it; who reads nothing gets
# no more than the window (RFC 9113 §5.2).
use lib 't/lib';
use Proxycache;
use Http2Origin;
use Digest::MD5 qw(md5_hex);

my $size   = 64 << 20;
my $digest = md5_hex(substr join('', 'a' .. 'z') x ($size / 26 + 1), 0, $size);
my $origin = Http2Origin->new(sub ($request) {
    return [200, {}, $request->body_length] if $request->method eq 'POST';
    {status => 200, body => [[bytes => $size]]};
}, keep_body => 0);
my $pc = Proxycache->start(origin => $origin, server => <<'E');
    client_max_body_size 0;
    proxy_http_version 2;
    location /            { proxy_pass http://%%origin%%; }
    location /unbuffered/ { proxy_pass http://%%origin%%; proxy_request_buffering off; proxy_buffering off; }
E
for my $place ('/', '/unbuffered/') {
    my $client = $pc->connect("listen", timeout => 60);
    $client->request(POST => $place, {'Content-Length' => $size});
    $client->write('x' x (1 << 20)) for 1 .. 64;
    is $client->read_response->body, $size, "$place: all of the request's body arrives";
    my $response = $client->ask(GET => $place);
    is length $response->body, $size, "$place: all of the answer's";
    is md5_hex($response->body), $digest, 'byte for byte';
}
my $slow = $pc->connect("listen", rcvbuf => 4096);
$slow->request(GET => '/unbuffered/');
$slow->read_head;
is $pc->get('/unbuffered/', {Range => 'x'})->status, 200, 'a reader that stands still holds up nobody else';
$pc->holds_less($pc->memory(($pc->workers)[0], 'Pss'), 64 << 20, 'and costs no more than its window');
is $origin->connections, 1, 'all of it on one connection';
done_testing;
