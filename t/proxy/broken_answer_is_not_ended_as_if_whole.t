# An origin that breaks off: the client sees that the answer is not whole.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) {
    $request->target =~ /length/
        ? {raw => ["HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", ['close']]}
        : {raw => ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", ['close']]};
});
my $pc = Proxycache->start(origin => $origin, server => <<'E');
    location /on  { proxy_pass http://%%origin%%; }
    location /off { proxy_pass http://%%origin%%; proxy_buffering off; }
E
for my $path (qw(/on/length /on/chunked /off/length /off/chunked)) {
    my $response = $pc->get($path);    # none at all, when the connection was reset before the head left
    ok !$response || $response->truncated, "$path: the end is missing";
}
done_testing;
