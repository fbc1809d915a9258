# Where a connection has gone wrong nobody can say where the next request begins: one error, no further answer, and what stood
# behind it is not forwarded. Requests before it are answered.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, $request->target] });
my $pc     = Proxycache->start(origin => $origin, server => 'client_max_body_size 10; location / { proxy_pass http://%%origin%%; }');
my %table  = (
    'a bad head'                => [400, "GET /x HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n"],
    'two lengths'               => [400, "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
    'a bad chunk'               => [400, "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n"],
    'a body too large'          => [413, "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nhello world"],
    'a chunked body too large'  => [413, "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\n\r\n"],
    'another version'           => [505, "GET /x HTTP/3.0\r\nHost: x\r\n\r\n"],
    'a target that is too long' => [414, "GET /" . 'x' x 40_000 . " HTTP/1.1\r\nHost: x\r\n\r\n"],
    'a field that is too long'  => [431, "GET /x HTTP/1.1\r\nHost: x\r\nA: " . 'x' x 40_000 . "\r\n\r\n"],
);
for my $what (sort keys %table) {
    my ($status, $bytes) = $table{$what}->@*;
    my $client = $pc->connect;
    $client->write("GET /before HTTP/1.1\r\nHost: x\r\n\r\n$bytes" . "GET /after HTTP/1.1\r\nHost: x\r\n\r\n" x 3);
    is $client->read_response(method => 'GET')->body, '/before', "$what: what came before is answered";
    is $client->read_response(method => 'GET')->status, $status, "$what: $status";
    is $client->read_response(method => 'GET'), undef, "$what: nothing more";
}
is_deeply [map { $_->target } $origin->requests], [('/before') x keys %table], 'only the first of each reached the origin';
done_testing;
