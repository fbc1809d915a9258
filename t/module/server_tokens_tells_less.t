# server_tokens: what Server and error pages tell.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(server => <<'E2');
    location /on/   { }
    location /off/  { server_tokens off; }
    location /text/ { server_tokens "by $host"; }
E2
like $pc->get('/on/x')->header('Server'), qr{^proxycache/\d};
like $pc->get('/on/x')->body, qr{<h1>404 Not Found</h1>.*proxycache/\d}s;
is $pc->get('/off/x')->header('Server'), 'proxycache';
unlike $pc->get('/off/x')->body, qr{proxycache/}, 'no version on the page';
is $pc->get('/text/x')->header('Server'), 'by localhost';
done_testing;
