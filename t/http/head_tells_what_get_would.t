# HEAD has the fields of GET and no body, from an origin in either framing, from a file and from return; the connection goes on.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { {status => 200, headers => {'X-Method' => $request->method}, body => 'hello', chunked => scalar($request->target =~ /chunked/)} });
my $pc     = Proxycache->start(origin => $origin, server => <<'E');
    location /proxied { proxy_pass http://%%origin%%; }
    location /file    { }
    location /text    { return 200 hello; }
    location /missing { return 404; }
E
$pc->write_file('html/file', 'hello');
my $client = $pc->connect;
for my $path ('/proxied', '/proxied/chunked', '/file', '/text', '/missing') {
    my $get  = $client->ask('GET', $path);
    my $head = $client->ask('HEAD', $path);
    is $head->status, $get->status, "$path: status";
    is $head->header('content-length'), $get->header('content-length'), "$path: Content-Length";
    is $head->header($_), $get->header($_), "$path: $_" for 'content-type', 'last-modified', 'etag';
    ok $client->is_quiet, "$path: no body behind it";
    is $head->header('x-method'), 'HEAD', 'the origin is asked HEAD' if $path eq '/proxied';
}
my $old = $pc->connect;
$old->write("HEAD /text HTTP/1.0\r\n\r\n");
is $old->read_response->header('content-length'), 5, 'HTTP/1.0';
ok $old->closed, 'and nothing behind it';
done_testing;
