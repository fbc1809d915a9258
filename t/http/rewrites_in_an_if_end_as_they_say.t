# Inside `if`: last locates again at once, a rewrite without a flag when all have run, break and return end it.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(server => <<'E');
    location /last/ { if ($arg_x) { rewrite ^/last/(.*)$ /found/$1 last; } return 200 "no if"; }
    location /none/ { if ($arg_x) { rewrite ^/none/(.*)$ /found/$1; } set $seen after; }
    location /none-return/ { if ($arg_x) { rewrite ^ /found/; } return 200 "return wins"; }
    location /redirect/ { if ($arg_x) { rewrite ^ /found/ permanent; } return 200 "no if"; }
    location /status { return 202 "$status"; }
    location /page.html { return 200 "<p>"; }
    location /found/ { return 200 "found $uri $seen"; }
    location /lets { limit_except GET { deny all; } return 200 "a location"; }
E
is $pc->get('/last/a?x=1')->body, 'found /found/a ', 'last';
is $pc->get('/last/a')->body, 'no if', 'an if that does not hold';
is $pc->get('/none/a?x=1')->body, 'found /found/a after', 'without a flag what follows still runs';
is $pc->get('/none-return/?x=1')->body, 'return wins', 'and a return ends it';
is $pc->get('/redirect/?x=1')->status, 301, 'permanent';
is $pc->get('/status')->body, '202', 'return has its $status in its text';
is $pc->get('/page.html')->header('Content-Type'), 'text/html', 'and the type of the extension';
is $pc->get('/lets')->body, 'a location', 'a method that limit_except lets';
is $pc->request('PUT', '/lets')->status, 403, 'for the others the rewrites of the location do not run';
done_testing;
