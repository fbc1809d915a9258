# keepalive_timeout of an upstream: an idle connection is closed.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, 'ok'] });
my $pc     = Proxycache->start(origin => $origin, http => <<'E', server => 'location / { proxy_pass http://back; }');
upstream back { server %%origin%%; keepalive_timeout 50ms; }
E
is $pc->get('/')->status, 200, 'a request';
ok $origin->wait_closed(1), 'its connection is closed while idle';
is $pc->get('/')->status, 200, 'the next request has a new one';
is $origin->connections, 2, 'two connections';
done_testing;
