# Whatever two readers could take for different lengths is refused, the connection is closed, and the origin hears nothing
# of it nor of what follows (RFC 9112 section 6.3, section 11.2).
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, 'ok'] });
my $pc     = Proxycache->start(origin => $origin, server => 'location / { proxy_pass http://%%origin%%; }');
my %table  = (
    'two different lengths'              => "Content-Length: 3\r\nContent-Length: 4\r\n",
    'the same length twice'              => "Content-Length: 3\r\nContent-Length: 3\r\n",
    'a list of lengths'                  => "Content-Length: 3, 3\r\n",
    'a negative length'                  => "Content-Length: -3\r\n",
    'a length with a sign'               => "Content-Length: +3\r\n",
    'a hexadecimal length'               => "Content-Length: 0x3\r\n",
    'a length in the middle of blanks'   => "Content-Length: 3 3\r\n",
    'an empty length'                    => "Content-Length:\r\n",
    'a length of words'                  => "Content-Length: three\r\n",
    'a length above 63 bits'             => "Content-Length: 9223372036854775808\r\n",
    'a length that overflows'            => "Content-Length: 18446744073709551619\r\n",
    'length and chunked'                 => "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
    'chunked and length'                 => "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
    'length and a coding'                => "Content-Length: 3\r\nTransfer-Encoding: identity\r\n",
    'chunked is not the last coding'     => "Transfer-Encoding: chunked, gzip\r\n",
    'chunked twice'                      => "Transfer-Encoding: chunked, chunked\r\n",
    'chunked twice, in two fields'       => "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    'a coding behind chunked, two lines' => "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    'identity'                           => "Transfer-Encoding: identity\r\n",
    'an unknown coding alone'            => "Transfer-Encoding: xchunked\r\n",
    'chunked in quotes'                  => "Transfer-Encoding: \"chunked\"\r\n",
    'chunked with a parameter'           => "Transfer-Encoding: chunked;q=1\r\n",
    'an empty coding'                    => "Transfer-Encoding:\r\n",
    'a vertical tab before chunked'      => "Transfer-Encoding: \x0bchunked\r\n",
);
for my $what (sort keys %table) {
    my $client = $pc->connect;
    $client->write("POST / HTTP/1.1\r\nHost: x\r\n$table{$what}\r\n", "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
    my $response = $client->read_response;
    is $response->status, 400, $what;
    is $response->header('connection'), 'close', "$what: says it closes";
    ok $client->closed, "$what: and closes";
}
my $client = $pc->connect;
$client->write("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n");
is $client->read_response->status, 501, 'a coding we cannot decode is 501 (RFC 9112 section 6.1)';
ok $client->closed, 'and closes';
$client = $pc->connect;
$client->write("POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
is $client->read_response->status, 400, 'HTTP/1.0 knows no codings';
ok $client->closed, 'and closes';
is $origin->connections, 0, 'the origin never heard of any';
done_testing;
