# RFC 9112: what could be used to smuggle a request is answered with 400 and the connection closed; the origin sees
# nothing of it.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, 'ok'] });
my $pc     = Proxycache->start(origin => $origin, server => 'location / { proxy_pass http://%%origin%%; }');
my %bad = (
    'no Host'                    => "GET / HTTP/1.1\r\n\r\n",
    'two Hosts'                  => "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    'no host name'               => "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
    'two lengths'                => "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
    'lengths that differ'        => "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy",
    'a list of lengths'          => "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\nx",
    'a length with a sign'       => "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\nx",
    'a length and chunked'       => "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    'chunked is not last'        => "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    'chunked twice'              => "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    'chunked in HTTP/1.0'        => "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    'a space before the colon'   => "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    'a folded line'              => "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n",
    'a bare LF'                  => "GET / HTTP/1.1\nHost: a\n\n",
    'a bare CR'                  => "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r2\r\n\r\n",
    'NUL in a value'             => "GET / HTTP/1.1\r\nHost: a\r\nX: 1\x002\r\n\r\n",
    'NUL in the target'          => "GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
    'NUL, escaped'               => "GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n",
    'a control character'        => "GET /\x0b HTTP/1.1\r\nHost: a\r\n\r\n",
    'a space in the target'      => "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
    'HTTP/0.9'                   => "GET /\r\n\r\n",
    'above the root'             => "GET /../a HTTP/1.1\r\nHost: a\r\n\r\n",
    'TLS'                        => "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n",
    'a chunk size that is none'  => "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n",
    'a chunk longer than told'   => "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
    'a chunk size with bare LF'  => "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n",
    'a bad trailer'              => "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA : b\r\n\r\n",
);
for my $what (sort keys %bad) {
    my $client = $pc->connect;
    $client->write($bad{$what} . "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
    my $response = $client->read_response(method => 'GET');
    is $response->status, 400, $what;
    is $response->header('connection'), 'close', "$what: says close" if $response->header('connection') ne 'close';
    ok $client->closed, "$what: closed, nothing more comes";
}
is $origin->requests, 0, 'the origin saw nothing';
done_testing;
