# limit_rate in bytes a second, after limit_rate_after.
use lib 't/lib';
use Proxycache;
use Time::HiRes 'time';

my $origin = Origin->new(sub ($request) { [200, {}, 'x' x 30_000] });
my $pc     = Proxycache->start(origin => $origin, server => <<'E');
    location /slow  { limit_rate 10k; proxy_pass http://%%origin%%; }
    location /after { limit_rate 10k; limit_rate_after 30k; proxy_pass http://%%origin%%; }
E
my $took = sub ($path) { my $begin = time; is length $pc->get($path)->body, 30_000, "$path: whole"; time - $begin };
cmp_ok $took->('/slow'), '>', 1.4, '30k at 10k a second, the first second free';
cmp_ok $took->('/after'), '<', 1.4, 'limit_rate_after';
done_testing;
