# last looks for the location again, break stays, redirect and permanent answer, none goes on with the next line.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(server => <<'E');
    location /last/  { rewrite ^/last/(.*)$ /target/$1 last; return 200 "not reached"; }
    location /none/  { rewrite ^/none/(.*)$ /target/$1; }
    location /redirect/  { rewrite ^/redirect/(.*)$ /target/$1 redirect; }
    location /permanent/ { rewrite ^/permanent/(.*)$ https://other.example/$1? permanent; }
    location /args/  { rewrite ^/args/(.*)$ /target/x?name=$1 last; }
    location /loop/  { rewrite ^/loop/(.*)$ /loop/$1/x last; }
    location /target/ { return 200 "target $uri|$args"; }
E
is $pc->get('/last/a?q=1')->body,  'target /target/a|q=1', 'last';
is $pc->get('/none/a?q=1')->body,  'target /target/a|q=1', 'without a flag the URI is located again at the end';
my $redirect = $pc->get('/redirect/a%20b?q=1');
is $redirect->status, 302, 'redirect';
like $redirect->header('location'), qr{^http://[^/]+/target/a%20b\?q=1$}, 'escaped again, absolute';
my $permanent = $pc->get('/permanent/a?q=1');
is $permanent->status, 301, 'permanent';
is $permanent->header('location'), 'https://other.example/a', 'a trailing ? drops the arguments';
is $pc->get('/args/a%26b')->body, 'target /target/x|name=a%26b', 'captures are escaped behind ?';
is $pc->get('/loop/a')->status, 500, 'a loop ends after 10 rounds';
like $pc->error_log, qr/rewrite or internal redirection cycle/, 'and is told';
done_testing;
