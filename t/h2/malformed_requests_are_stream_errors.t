# RFC 9113 §8.1.1: a malformed request is answered with a stream error PROTOCOL_ERROR, is not given to the origin, and the
# connection goes on.
use lib 't/lib';
use Proxycache;
use Http2;
use Http2Client;

my $origin = Origin->new(sub ($request) { [200, {}, 'ok'] });
my $pc = Proxycache->start(origin => $origin, server => 'http2 on; location / { proxy_pass http://%%origin%%; }');
my $c  = Http2Client->new($pc->connect);
my ($method, $scheme, $path, $authority) = ([':method', 'GET'], [':scheme', 'http'], [':path', '/'], [':authority', 'a']);
my @good = ($method, $scheme, $path, $authority);
my %bad  = (
    'no :method' => [$scheme, $path, $authority],
    'no :scheme' => [$method, $path, $authority],
    'no :path' => [$method, $scheme, $authority],
    'an absolute :path' => [$method, $scheme, [':path', 'http://a/'], $authority],
    'empty :path' => [$method, $scheme, [':path', ''], $authority],
    ':method twice' => [$method, @good],
    ':path twice' => [@good, $path],
    'unknown pseudo-field' => [@good, [':x', 'y']],
    ':status' => [@good, [':status', '200']],
    'a pseudo-field behind a field' => [$method, $scheme, $path, ['x', 'y'], $authority],
    'upper case' => [@good, ['X-Y', 'z']],
    'a space in a name' => [@good, ['x y', 'z']],
    'an empty name' => [@good, ['', 'z']],
    'a line end in a value' => [@good, ['x', "a\r\nb: c"]],
    'a NUL in a value' => [@good, ['x', "a\0b"]],
    'connection' => [@good, ['connection', 'close']],
    'keep-alive' => [@good, ['keep-alive', '1']],
    'proxy-connection' => [@good, ['proxy-connection', 'close']],
    'transfer-encoding' => [@good, ['transfer-encoding', 'chunked']],
    'upgrade' => [@good, ['upgrade', 'x']],
    'te' => [@good, ['te', 'gzip']],
    'host differs' => [@good, ['host', 'b']],
    'content-length without a body' => [@good, ['content-length', '5']],
    'content-length twice' => [@good, ['content-length', '0'], ['content-length', '0']],
    'content-length is no number' => [@good, ['content-length', 'x']],
    'a method that is no token' => [[':method', 'G T'], $scheme, $path, $authority],
    ':protocol without CONNECT' => [@good, [':protocol', 'websocket']],
    'CONNECT with :path' => [[':method', 'CONNECT'], $path, $authority],
    'CONNECT with :scheme' => [[':method', 'CONNECT'], $scheme, $authority],
    'CONNECT to nobody' => [[':method', 'CONNECT']],
    'extended CONNECT without :path' => [[':method', 'CONNECT'], [':protocol', 'websocket'], $scheme, $authority],
);
for my $name (sort keys %bad) {
    my $id = $c->open(END_STREAM, $bad{$name}->@*);
    is $c->reset_code($id), PROTOCOL_ERROR, $name;
}
for my $pieces ([5, 'abc'], [3, 'abcdef']) {
    my ($length, $body) = @$pieces;
    my $id = $c->open(0, @good, ['content-length', $length]);
    $c->data($id, $body, END_STREAM);
    is $c->reset_code($id), PROTOCOL_ERROR, "content-length $length of " . length $body;
}
for my $trailer ([':path', '/'], ['X-Up', '/'], ['x', "\n"]) {
    my $id = $c->open(0, [':method', 'POST'], $scheme, $path, $authority);
    $c->trailers($id, $trailer);
    is $c->reset_code($id), PROTOCOL_ERROR, "$trailer->[0] in trailers";
}
$c->sync;
is $origin->requests, 0, 'the origin has heard of none';
is $c->ask(GET => '/')->body, 'ok', 'the connection goes on';
is $c->response_of($c->open(END_STREAM, @good, ['te', 'trailers']))->status, 200, 'te: trailers is well-formed';
is $c->response_of($c->open(END_STREAM, @good, ['cookie', 'a=1'], ['cookie', 'b=2']))->status, 200, 'so are crumbs of a cookie';
is(($origin->request(2))->header('cookie'), 'a=1; b=2', 'which become one field');

# What is well-formed and wrong is answered.
my $status = sub (@fields) { $c->response_of($c->open(END_STREAM, @fields))->status };
is $status->($method, $scheme, [':path', '/../x'], $authority), 400, 'a :path above the root';
is $status->($method, $scheme, [':path', '/' . 'x' x 9000], $authority), 414, 'a long one';
is $status->(@good, ['x', 'y' x 9000]), 431, 'a long field';
is $status->(@good, map { ["x$_", 'y' x 1500] } 1 .. 10), 200, 'many bytes of fields';
is $status->([':method', 'TRACE'], $scheme, $path, $authority), 405, 'TRACE';
is $c->ask(GET => '/')->body, 'ok', 'the connection goes on';
done_testing;
