# Processes that hold private keys leave no core file: others of their user cannot look into them either.
use lib 't/lib';
use Proxycache;
use Certificates;

plan skip_all => 'tells by who owns /proc/PID/fd, for which workers have to be another user' if $> != 0;
my $certs = Certificates->new->make('one.test');
my $open = Proxycache->start(server => 'return 200 x;');
my $worker = ($open->workers)[0];
is +(stat "/proc/$worker/fd")[4] == 0 ? 'root' : 'its user', 'its user', 'a worker without keys is its user\'s';
my $pc = Proxycache->start(http => "server { listen %%listen%% ssl; @{[$certs->lines('one.test')]} return 200 x; }");
SKIP: {
    skip 'leak checks look into the process', 1 if `grep -c libasan /proc/$worker/maps` > 0;
    is +(stat "/proc/@{[($pc->workers)[0]]}/fd")[4] == 0 ? 'root' : 'its user', 'root', 'one with keys is root\'s';
}
done_testing;
