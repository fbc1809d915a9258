# `keepalive 0`: each request has its own connection, and says so.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, $request->header('connection') // 'none'] });
my $pc     = Proxycache->start(origin => $origin, http => <<'E', server => 'location / { proxy_pass http://back; }');
upstream back { server %%origin%%; keepalive 0; }
E
is $pc->get('/')->body, 'close', 'Connection: close';
is $pc->get('/')->status, 200, 'another';
is $origin->connections, 2, 'two connections';
done_testing;
