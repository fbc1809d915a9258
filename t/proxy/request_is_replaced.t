# proxy_method, proxy_set_body, proxy_pass_request_body, proxy_http_version.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, join '|', $request->method, $request->version, $request->header('content-length') // '-', $request->body] });
my $pc = Proxycache->start(origin => $origin, server => <<'E');
    location /method  { proxy_pass http://%%origin%%; proxy_method PUT; }
    location /body    { proxy_pass http://%%origin%%; proxy_set_body "uri=$uri"; }
    location /nobody  { proxy_pass http://%%origin%%; proxy_pass_request_body off; }
    location /old     { proxy_pass http://%%origin%%; proxy_http_version 1.0; }
    location /plain   { proxy_pass http://%%origin%%; }
E
is $pc->post('/method', 'abc')->body, 'PUT|1.1|3|abc', 'method';
is $pc->post('/body', 'abc')->body, 'POST|1.1|9|uri=/body', 'body';
is $pc->get('/body')->body, 'GET|1.1|9|uri=/body', 'also where there was none';
is $pc->post('/nobody', 'abc')->body, 'POST|1.1|0|', 'without its body';
is $pc->get('/old')->body, 'GET|1.0|-|', 'HTTP/1.0';
is $pc->post('/plain', '')->body, 'POST|1.1|0|', 'an empty body says so';
is $pc->request('PROPFIND', '/plain')->body, 'PROPFIND|1.1|-|', 'any method';
done_testing;
