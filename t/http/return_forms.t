# return: a status alone gives its page, with a text that text, with a redirect status a Location; 444 says nothing.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(server => <<'E');
    default_type text/plain;
    location = /status   { return 404; }
    location = /empty    { return 204; }
    location = /text     { return 403 "no, $arg_who"; }
    location = /moved    { return 301 /elsewhere; }
    location = /found    { return https://example.org/x; }
    location = /silent   { return 444; }
E
my $page = $pc->get('/status');
is $page->status, 404, 'status';
like $page->body, qr/404 Not Found/, 'a page of our own';
my $empty = $pc->get('/empty');
is $empty->status, 204, '204';
is $empty->body, '', 'has no body';
my $text = $pc->get('/text?who=you');
is $text->status, 403, 'status with a text';
is $text->body, 'no, you', 'the text with its variables';
is $text->header('content-type'), 'text/plain', 'default_type';
my $moved = $pc->get('/moved', {Host => 'site.example'});
is $moved->status, 301, 'redirect';
is $moved->header('location'), 'http://site.example:' . (split /:/, $pc->address)[1] . '/elsewhere', 'made absolute';
is $pc->get('/found')->header('location'), 'https://example.org/x', 'a URL alone is a 302';
is $pc->get('/found')->status, 302, 'status of a URL alone';
my $client = $pc->connect;
$client->write("GET /silent HTTP/1.1\r\nHost: x\r\n\r\n");
ok $client->closed, '444 closes without a byte';
done_testing;
