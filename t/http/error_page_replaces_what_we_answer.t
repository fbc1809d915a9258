# error_page: a page, another status, a named location, a redirect; recursion only when asked for.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(server => <<'E');
    error_page 404 /missing.html;
    error_page 403 =200 /pages/allowed.html;
    error_page 410 = @gone;
    error_page 402 http://pay.example/;
    location = /missing.html        { internal; return 200 "our 404"; }
    location = /pages/allowed.html  { return 200 "fine"; }
    location @gone                  { return 299 "named"; }
    location = /404 { return 404; }
    location = /403 { return 403; }
    location = /410 { return 410; }
    location = /402 { return 402; }
    location = /chain { error_page 500 /broken; return 500; }
    location = /broken { return 404; }
E
my $missing = $pc->get('/404');
is $missing->status, 404, 'the status stays';
is $missing->body, 'our 404', 'the page is ours';
is $pc->get('/missing.html')->status, 404, 'an internal location is not there for clients';
is $pc->get('/403')->status, 200, '=200 changes the status';
is $pc->get('/410')->status, 299, '= takes the status of the page';
is $pc->get('/410')->body, 'named', 'a named location';
is $pc->get('/402')->status, 302, 'a URL redirects';
is $pc->get('/402')->header('location'), 'http://pay.example/', 'there';
is $pc->get('/chain')->status, 404, 'an error of the error page is the answer, without another page';
done_testing;
