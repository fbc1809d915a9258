# auth_delay: a 401 waits, an answer does not.
use lib 't/lib';
use Proxycache;
use Time::HiRes 'time';

my $pc = Proxycache->prepare(server => <<'E2');
    location /slow/ { auth_basic x; auth_basic_user_file users; auth_delay 300ms; try_files /none =204; }
E2
$pc->write_file('conf/users', "joe:{PLAIN}secret\n");
$pc->launch;
my $before = time;
is $pc->get('/slow/')->status, 401;
cmp_ok time - $before, '>=', 0.29, 'after the delay';
is $pc->get('/slow/', {Authorization => 'Basic am9lOnNlY3JldA=='})->status, 204;
done_testing;
