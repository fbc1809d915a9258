# `keepalive N local`: a connection serves only the location that opened it; without local all of them.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, $request->connection] });
my $pc = Proxycache->start(origin => $origin, http => <<'H', server => <<'E');
upstream own    { server %%origin%%; keepalive 4 local; }
upstream shared { server %%origin%%; keepalive 4; }
H
    location /own/a    { proxy_pass http://own; }
    location /own/b    { proxy_pass http://own; }
    location /shared/a { proxy_pass http://shared; }
    location /shared/b { proxy_pass http://shared; }
E
my %on = map { $_ => $pc->get($_)->body } qw(/own/a /own/b /shared/a /shared/b);
isnt $on{'/own/a'}, $on{'/own/b'}, 'local';
is $on{'/shared/a'}, $on{'/shared/b'}, 'shared';
is $pc->get('/own/a')->body, $on{'/own/a'}, 'the same location has its own again';
done_testing;
