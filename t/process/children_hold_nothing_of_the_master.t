# A worker has neither the master's signal descriptor nor its ends of the control channels, so that the master's death is seen;
# after a reload nobody has the old generation's logs.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(workers => 2, server => 'access_log logs/first.log; location / { return 200 "$pid\n"; }');
sub links ($pid) { map { readlink $_ // () } glob "/proc/$pid/fd/*" }
sub inodes ($pid) { map { /^(socket:\[\d+\])$/ ? $1 : () } links($pid) }

for my $round ('start', 'reload') {
    my %masters = map { $_ => 1 } inodes($pc->master);
    my @listening = map { "socket:[$_]" } map { (split)[9] } grep { / 0A / } split /\n/, Proxycache::slurp('/proc/net/tcp');
    delete @masters{@listening};
    for my $child ($pc->workers, $pc->keeper) {
        is_deeply [grep { /signalfd/ } links($child)], [], "$round: no signalfd in a child";
        is_deeply [grep { $masters{$_} } inodes($child)], [], "$round: no control channel of the master in a child";
    }
    last if $round eq 'reload';
    $pc->rewrite(server => 'access_log logs/second.log; location / { return 200 "$pid\n"; }');
    ok $pc->reload;
    $pc->wait_for(sub { !$pc->draining });
}
is_deeply [map { my $pid = $_; grep { /first\.log/ } links($pid) } $pc->pids, $pc->keeper], [], 'nobody holds the old log';
done_testing;
