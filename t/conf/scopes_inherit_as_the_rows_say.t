# What an inner scope takes of an outer one: the innermost value, a whole list, a whole group, or nothing.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, join ',', map { "$_=" . ($request->header($_) // '') } 'X-A', 'X-B'] });
my $pc = Proxycache->start(origin => $origin, http => <<'E');
    default_type text/http;
    add_header X-List http;
    add_header X-Also http;
    deny 127.0.0.1;
    proxy_set_header X-A http;
    error_page 404 /page-http;
    server {
        listen %%listen%%;
        allow all;
        try_files $uri =403;
        location / { return 200 "value"; }
        location /value { default_type text/location; return 200 value; location /value/inner { return 200 inner; } }
        location /list { add_header X-List location; return 200 list; location /list/inner { return 200 inner; } }
        location /group { deny all; proxy_pass http://%%origin%%; }
        location /allowed { proxy_pass http://%%origin%%; }
        location /set { proxy_set_header X-B location; proxy_pass http://%%origin%%; }
        location /none { proxy_pass http://%%origin%%; location /none/inner { } }
        location /if { add_header X-If outer; if ($arg_x) { add_header X-If inner; } proxy_pass http://%%origin%%; }
        location /page { error_page 404 /page-location; return 404; }
        location /page-http { return 200 "http"; }
        location /pages { return 404; }
        location /page-location { return 200 "location"; }
    }
E
is $pc->get('/')->header('Content-Type'), 'text/http', 'a value of http';
is $pc->get('/value')->header('Content-Type'), 'text/location', 'the innermost wins';
is $pc->get('/value/inner')->header('Content-Type'), 'text/location', 'and is inherited';
my $root = $pc->get('/');
is $root->header('X-List') . $root->header('X-Also'), 'httphttp', 'a list of http';
my $list = $pc->get('/list/inner');
is $list->header('X-List'), 'location', 'a list in the location';
is $list->header('X-Also'), undef, 'hides the whole outer one';
is $pc->get('/allowed')->status, 200, "allow in the server hides http's deny: one group";
is $pc->get('/group')->status, 403, "deny in the location hides the server's allow";
is $pc->get('/allowed')->body, 'X-A=http,X-B=', 'proxy_set_header of http';
is $pc->get('/set')->body, 'X-A=,X-B=location', 'hidden by one in the location';
is $pc->get('/none')->status, 200, 'proxy_pass stands in its location';
is $pc->get('/none/inner')->status, 404, 'and is not inherited';
is $pc->get('/if?x=1')->body, 'X-A=http,X-B=', 'but an if has what its location has';
is $pc->get('/if?x=1')->header('X-If'), 'inner', 'and its own list';
is $pc->get('/if')->header('X-If'), 'outer', 'when it holds';
is $pc->get('/page')->body, 'location', "error_page of the location";
is $pc->get('/pages')->body, 'http', 'of http';
done_testing;
