# add_header: on usual statuses, with always on all; a location's own stand in place of the server's.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(server => <<'E2');
    add_header X-Usual "$request_method $uri";
    add_header X-Always yes always;
    add_header X-Empty $arg_none;
    location /own/ { add_header X-Own own; return 200 ok; }
    location /     { return 200 ok; }
    location /bad/ { return 404 no; }
    location /tag/ { add_header ETag '"mine"'; return 200 ok; }
E2
my $r = $pc->get('/x');
is $r->header('X-Usual'), 'GET /x', 'variables';
is $r->header('X-Always'), 'yes';
is $r->header('X-Empty'), undef, 'an empty value adds nothing';
my $bad = $pc->get('/bad/');
is $bad->header('X-Usual'), undef, 'not on an error';
is $bad->header('X-Always'), 'yes', 'always is on all';
my $own = $pc->get('/own/');
is $own->header('X-Own') . ($own->header('X-Usual') // ''), 'own', 'only its own';
is $pc->get('/a%0d%0aSet-Cookie:%20x')->header('Set-Cookie'), undef, 'a line end in a value begins no field';
done_testing;
