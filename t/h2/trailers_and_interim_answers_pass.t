# Trailers go both ways, but not those that would say something else about the message than its head; 103 comes before the
# answer and 100 only when it is wanted.
use lib 't/lib';
use Proxycache;
use Http2;
use Http2Client;

my $origin = Origin->new(sub ($request) {
    return {status => 200, headers => {}, chunked => 1, body => 'abc', trailers => {'X-Sum' => 7, 'Content-Length' => 9}} if $request->target eq '/down';
    return {status => 200, headers => {}, body => 'x', interim => [[103, {Link => '</a>'}], [103, {Link => '</b>'}]]} if $request->target eq '/hints';
    return [200, {}, join '|', $request->body, map { "$_->[0]=$_->[1]" } $request->trailers->@*];
});
my $pc = Proxycache->start(origin => $origin, server => <<'E');
    http2 on; early_hints on; proxy_pass_trailers on;
    location / { proxy_pass http://%%origin%%; }
    location /stream { proxy_pass http://%%origin%%; proxy_request_buffering off; }
    location /unread { return 200 unread; }
E
my $c = Http2Client->new($pc->connect);
my $response = $c->ask(GET => '/down');
is $response->body, 'abc', 'a body';
is $response->trailer('x-sum'), 7, 'and its trailer';
is $response->trailer('content-length'), undef, 'but none that frames';

sub upload ($path, @trailers) {
    my $id = $c->open(0, $c->head(POST => $path));
    $c->data($id, 'abc');
    $c->trailers($id, @trailers);
    return $c->response_of($id)->body;
}
is upload('/stream', ['x-sum', 12], ['x-more', 3]), 'abc|x-sum=12|x-more=3', 'up';
is upload('/stream', ['content-type', 'a/b'], ['host', 'y'], ['x_sum', 1], ['x-sum', 2]), 'abc|x-sum=2', 'those that may not stand there do not';
is upload('/whole', ['x-sum', 12]), 'abc', 'a buffered body has none';

$response = $c->ask(GET => '/hints');
is_deeply [map { $_->status, $_->header('link') } $response->interim->@*], [103, '</a>', 103, '</b>'], '103 comes before the answer';
is $response->status, 200, 'which follows';
my $id = $c->open(0, $c->head(POST => '/stream', {expect => '100-continue'}));
$c->until(sub { $c->stream($id)->{interim}->@* });
is $c->stream($id)->{interim}[0]->status, 100, '100 when the body is wanted';
$c->data($id, 'abc', END_STREAM);
is $c->response_of($id)->body, 'abc', 'then it comes';
$id = $c->open(0, $c->head(POST => '/unread', {expect => '100-continue'}));
$response = $c->response_of($id);
is $response->status . $response->interim->@*, '2000', 'none when it is not';
done_testing;
