# limit_rate and limit_rate_after hold back a response; a variable may say the rate.
use lib 't/lib';
use Proxycache;
use Time::HiRes 'time';

my $pc = Proxycache->prepare(http => 'map $arg_rate $rate { default 0; ~. $arg_rate; }', server => <<'E2');
    location /slow/  { alias %%prefix%%/html/; limit_rate 20k; }
    location /after/ { alias %%prefix%%/html/; limit_rate 20k; limit_rate_after 30k; }
    location /map/   { alias %%prefix%%/html/; limit_rate $rate; }
    location /set/   { alias %%prefix%%/html/; set $limit_rate 20k; }
E2
$pc->write_file('html/a', 'x' x 30_000);
$pc->launch;
sub seconds ($path) { my $before = time; is $pc->get($path)->body_length, 30_000, $path; time - $before }

cmp_ok seconds('/slow/a'), '>', 0.4, 'slow';
cmp_ok seconds('/after/a'), '<', 0.4, 'fast at first';
cmp_ok seconds('/map/a'), '<', 0.4, 'rate 0 is none';
cmp_ok seconds('/map/a?rate=20k'), '>', 0.4, 'a variable';
cmp_ok seconds('/set/a'), '>', 0.4, 'set $limit_rate';
done_testing;
