# An origin that breaks off in the middle: the client sees that the body is not whole.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) {
    my $head = $request->path eq '/chunked' ? "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n" : "Content-Length: 100\r\n\r\nhello";
    return {raw => ["HTTP/1.1 200 OK\r\n$head", ['close']]};
});
my $pc = Proxycache->start(origin => $origin, server => 'location / { proxy_pass http://%%origin%%; }');
for my $path ('/chunked', '/length') {
    my $client = $pc->connect;
    $client->request('GET', $path);
    my $response = eval { $client->read_response };
    ok !defined $response || $response->truncated || $response->status == 502, "$path: not complete";
}
done_testing;
