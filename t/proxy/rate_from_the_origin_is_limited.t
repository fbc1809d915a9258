# proxy_limit_rate: the origin is read no faster, so a large answer takes its time.
use lib 't/lib';
use Proxycache;
use Time::HiRes qw(time);

my $origin = Origin->new(sub ($request) { [200, {}, 'x' x 60_000] });
my $pc = Proxycache->start(origin => $origin, server => <<'E');
    location /slow { proxy_pass http://%%origin%%; proxy_limit_rate 40k; }
    location /var  { proxy_pass http://%%origin%%; proxy_limit_rate $arg_rate; }
    location /fast { proxy_pass http://%%origin%%; }
E
for my $path ('/slow', '/var?rate=40k') {
    my $began = time;
    is length $pc->get($path)->body, 60_000, "$path: all of it";
    cmp_ok time - $began, '>', 0.3, "$path: not before its time";
}
my $began = time;
is length $pc->get($_)->body, 60_000, "$_: all of it" for '/fast', '/var';
cmp_ok time - $began, '<', 0.3, 'without a limit at once';
done_testing;
