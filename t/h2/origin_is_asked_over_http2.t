# proxy_http_version 2: the origin gets HTTP/2 with prior knowledge (RFC 9113 §3.3), and the client an answer as over HTTP/1.
use lib 't/lib';
use Proxycache;
use Http2Origin;

my $origin = Http2Origin->new(sub ($request) {
    return [204, {}] if $request->path eq '/empty';
    return {status => 200, headers => {'content-length' => 5}, body => 'sized'} if $request->path eq '/sized';
    [200, {'Content-Type' => 'text/plain', 'Set-Cookie' => ['a=1', 'b=2']}, $request->method . ' ' . $request->target . ' ' . $request->body];
});
my $pc = Proxycache->start(origin => $origin, http => 'log_format t "$uri $upstream_status $upstream_response_length";', server => <<'E');
    access_log logs/t.log t;
    location / { proxy_pass http://%%origin%%; proxy_http_version 2; proxy_set_header X-Sent "a b"; }
E
my $response = $pc->get('/a?b=c', {Connection => 'X-Hop', 'X-Hop' => 'gone', 'X-End' => 'kept', TE => 'trailers'});
is $response->status, 200,              'answered';
is $response->body,   'GET /a?b=c ',    'with the body';
is $response->version, '1.1',           'in the version of the client';
is_deeply [$response->headers('Set-Cookie')], ['a=1', 'b=2'], 'fields pass';
my $seen = $origin->request(0);
is $seen->scheme,    'http',            ':scheme';
is $seen->authority, $origin->address,  ':authority is $proxy_host';
my %field = map { @$_ } $seen->fields->@*;
is $field{'x-sent'}, 'a b',  'proxy_set_header';
is $field{'x-end'},  'kept', 'fields in lower case';
is_deeply [grep { exists $field{$_} } qw(x-hop connection host te transfer-encoding upgrade)], [], 'nothing that is for one hop only';

is $pc->post('/p', 'body of it')->body, 'POST /p body of it', 'a request with a body';
is $origin->request->header('content-length'), 10, 'says its length';
is $pc->request('POST', '/c', {'Transfer-Encoding' => 'chunked'}, "3\r\nabc\r\n0\r\n\r\n")->body, 'POST /c abc', 'one of unknown length';
$response = $pc->get('/empty');
is $response->status, 204, 'an answer without a body';
$response = $pc->head('/sized');
is $response->header('content-length'), 5, 'HEAD';
$response = $pc->get('/sized');
is $response->header('content-length'), 5, 'a length passes';
is $response->body, 'sized', 'with its body';
is $origin->connections, 1, 'all of it on one connection';
ok $pc->wait_for(sub { $pc->read_file('logs/t.log') =~ m{^/sized 200 5$}m }), '$upstream_response_length';
done_testing;
