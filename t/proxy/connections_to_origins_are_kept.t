# Requests one after another use one connection to the origin, with no word about keepalive in the configuration.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, 'ok'] });
my $pc     = Proxycache->start(origin => $origin, server => 'location / { proxy_pass http://%%origin%%; }');
is $pc->get('/')->status, 200, "request $_" for 1 .. 5;
is $origin->connections, 1, 'one connection';
done_testing;
