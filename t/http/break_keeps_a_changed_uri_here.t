# break: ends the rewrite directives of its level; a URI that a rewrite before it has changed stays in this location.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, $request->target] });
my $pc     = Proxycache->start(origin => $origin, server => <<'E');
    location /a/     { rewrite ^/a/(.*)$ /changed/$1; break; return 200 "not reached"; proxy_pass http://%%origin%%; }
    location /plain/ { break; return 200 "not reached"; proxy_pass http://%%origin%%; }
    location /if/    { if ($arg_stop) { break; } return 200 "went on"; proxy_pass http://%%origin%%; }
    location /changed/ { return 200 "another location"; }
E
is $pc->get('/a/x')->body,       '/changed/x', 'the changed URI goes to the origin of this location';
is $pc->get('/plain/x')->body,   '/plain/x',   'what stands behind it does not run';
is $pc->get('/if/x')->body,      'went on',    'inside an if that does not hold';
is $pc->get('/if/x?stop=1')->body, '/if/x?stop=1', 'inside one that holds';
done_testing;
