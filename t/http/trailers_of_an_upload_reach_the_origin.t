# A streamed upload keeps its trailers, except those that would tell the origin something else about the message, the
# connection or the client than its head does (RFC 9110 section 6.5.1).
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, join '|', $request->body, map { "$_->[0]=$_->[1]" } $request->trailers->@*] });
my $pc     = Proxycache->start(origin => $origin, server => <<'E');
    location /stream { proxy_pass http://%%origin%%; proxy_request_buffering off; proxy_set_header X-User nobody; proxy_set_header X-Gone ""; }
    location /whole  { proxy_pass http://%%origin%%; }
E
sub upload ($path, $trailers, $fields = '') {
    my $client = $pc->connect;
    $client->write("POST $path HTTP/1.1\r\nHost: x\r\n${fields}Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nabc\r\n0\r\n$trailers\r\n");
    return $client->read_response->body;
}
is upload('/stream', "X-Sum: 12\r\nX-More: 3\r\n"), 'abc|X-Sum=12|X-More=3', 'streamed';
is upload('/stream', "Content-Length: 5\r\nTransfer-Encoding: gzip\r\nHost: y\r\nConnection: close\r\nX-Sum: 1\r\n"), 'abc|X-Sum=1', 'framing and routing fields do not';
is upload('/stream', "X_Sum: 1\r\nX-Sum: 2\r\n"), 'abc|X-Sum=2', 'names are judged as in the head';
is upload('/stream', "x-user: root\r\nX-GONE: 1\r\nX-Sum: 2\r\n"), 'abc|X-Sum=2', 'nor what the configuration sets or takes away';
is upload('/stream', "X-Hop: 1\r\nX-Sum: 2\r\n", "Connection: x-hop\r\n"), 'abc|X-Sum=2', 'nor what Connection names';
is upload('/whole', "X-Sum: 12\r\n"), 'abc', 'a buffered body has a length, and no trailers';
done_testing;
