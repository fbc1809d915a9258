# Bare CR or LF, folded lines, white space around names, NUL and other controls, bad methods and targets: 400, close, never
# forwarded (RFC 9112 section 2.2, 3, 5).
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, 'ok'] });
my $pc     = Proxycache->start(origin => $origin, server => 'location / { proxy_pass http://%%origin%%; }');
my $start  = "GET / HTTP/1.1\r\nHost: x\r\n";
my %table  = (
    'LF behind the request line'        => "GET / HTTP/1.1\nHost: x\r\n\r\n",
    'LF behind a field'                 => "${start}A: b\n\r\n",
    'LF for all'                        => "GET / HTTP/1.1\nHost: x\n\n",
    'an empty line of LF'               => "$start\n",
    'CR inside a value'                 => "${start}A: b\rC: d\r\n\r\n",
    'two CR'                            => "${start}A: b\r\r\n\r\n",
    'CR inside the request line'        => "GET /\r HTTP/1.1\r\nHost: x\r\n\r\n",
    'blank before the colon'            => "${start}A : b\r\n\r\n",
    'tab before the colon'              => "${start}A\t: b\r\n\r\n",
    'Content-Length before a blank'     => "${start}Content-Length : 5\r\n\r\nhello",
    'Transfer-Encoding before a blank'  => "${start}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    'a folded line'                     => "${start}A: b\r\n c\r\n\r\n",
    'a line folded with a tab'          => "${start}A: b\r\n\tc\r\n\r\n",
    'a fold right behind the request line' => "GET / HTTP/1.1\r\n Host: x\r\n\r\n",
    'NUL in a value'                    => "${start}A: b\0c\r\n\r\n",
    'NUL in a name'                     => "${start}A\0: b\r\n\r\n",
    'NUL in the target'                 => "GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n",
    'an escaped NUL in the path'        => "GET /a%00b HTTP/1.1\r\nHost: x\r\n\r\n",
    'DEL in a value'                    => "${start}A: b\x7f\r\n\r\n",
    'a line without a colon'            => "${start}nonsense\r\n\r\n",
    'a field without a name'            => "$start: b\r\n\r\n",
    'blank before the request line'     => " GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    'two blanks'                        => "GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
    'blank behind the version'          => "GET / HTTP/1.1 \r\nHost: x\r\n\r\n",
    'blank in the target'               => "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
    'a fragment'                        => "GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n",
    'a target without a slash'          => "GET a HTTP/1.1\r\nHost: x\r\n\r\n",
    'a path above the root'             => "GET /../etc HTTP/1.1\r\nHost: x\r\n\r\n",
    'a broken escape'                   => "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n",
    'a method that is no token'         => "G(T / HTTP/1.1\r\nHost: x\r\n\r\n",
    'no version'                        => "GET /\r\n\r\n",
    'a version in small letters'        => "GET / http/1.1\r\nHost: x\r\n\r\n",
    'a version of three digits'         => "GET / HTTP/1.10\r\nHost: x\r\n\r\n",
    'a TLS handshake'                   => "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
);
for my $what (sort keys %table) {
    my $client = $pc->connect;
    $client->write($table{$what}, "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
    my $response = $client->read_response(method => 'GET');
    is $response->status, 400, $what;
    ok $client->closed, "$what: closed";
}
is $origin->connections, 0, 'the origin never heard of any';
done_testing;
