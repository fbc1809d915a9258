# keepalive_requests: a connection is left after so many requests.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, 'ok'] });
my $pc     = Proxycache->start(origin => $origin, http => <<'E', server => 'location / { proxy_pass http://back; }');
upstream back { server %%origin%%; keepalive_requests 2; }
E
is $pc->get('/')->status, 200, "request $_" for 1 .. 5;
is $origin->connections, 3, 'two requests a connection';
done_testing;
