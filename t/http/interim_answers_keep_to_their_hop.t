# 100 is between neighbours: Expect is answered by us and not passed on, 100 of the origin is not either. HTTP/1.0 clients know no
# interim answers. An endless row of them is 502.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) {
    return {raw => [("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n") x 1000, ['stall']]} if $request->target eq '/endless';
    return {status => 200, headers => {}, body => $request->header('expect') // 'none', interim => [[100, {}], [102, {}], [103, {Link => '</a>', Connection => 'x-hop', 'X-Hop' => 1}]]};
});
my $pc = Proxycache->start(origin => $origin, server => <<'E');
    early_hints on;
    location / { proxy_pass http://%%origin%%; }
    location /stream { proxy_pass http://%%origin%%; proxy_request_buffering off; }
E
for my $path ('/', '/stream') {
    my $client = $pc->connect;
    $client->write("POST $path HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r\n");
    is $client->read_head->status, 100, "$path: we say 100";
    $client->write('abc');
    my $response = $client->read_response;
    is $response->body, 'none', "$path: Expect goes no further";
    is_deeply [map { $_->status } $response->interim->@*], [103], "$path: of the origin's interim answers only 103 comes";
    is $response->interim->[0]->header($_), undef, "without $_" for 'connection', 'x-hop';
}
my $old = $pc->connect;
$old->write("GET / HTTP/1.0\r\nConnection: keep-alive\r\nExpect: 100-continue\r\n\r\n");
my $response = $old->read_response;
is $response->status, 200, 'HTTP/1.0';
is scalar($response->interim->@*), 0, 'gets none';
is $pc->get('/endless')->status, 502, 'a thousand of them';
done_testing;
