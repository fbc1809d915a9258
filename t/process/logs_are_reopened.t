# USR1 and -s reopen: after a rename all processes write to the new file, although workers are not root.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(workers => 2, log_level => 'notice', server => 'location / { return 200 "$pid\n"; }');
chmod 0755, $pc->path('logs');
for my $way ('signal', 'option') {
    my $log = $pc->path('logs/error.log');
    rename $log, "$log.$way" or die $!;
    my $old = -s "$log.$way";
    if ($way eq 'signal') { $pc->signal('USR1') } else { is $pc->run(args => ['-s', 'reopen'])->{status}, 0 }
    ok $pc->wait_for(sub { -e $log }), "$way: there is a new file";
    my @all = ($pc->pids, $pc->keeper);
    ok $pc->wait_for(sub { !grep { my $pid = $_; !grep { (readlink $_ // '') eq $log } glob "/proc/$pid/fd/*" } @all }), "$way: all have it open";
    ok !(grep { my $pid = $_; grep { (readlink $_ // '') eq "$log.$way" } glob "/proc/$pid/fd/*" } @all), "$way: nobody has the old one";
}
done_testing;
