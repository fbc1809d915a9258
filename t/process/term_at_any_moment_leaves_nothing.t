# TERM at any instant of a start: no process, no pid file and no held port is left.
use lib 't/lib';
use Proxycache;
use IO::Socket::IP;
use Time::HiRes qw(time);

$SIG{TERM} = 'DEFAULT';    # also in the child, before exec
my $pc = Proxycache->prepare(workers => 2, server => 'location / { return 200 "$pid\n"; }');
for my $round (0 .. 39) {
    my $started = time;
    my $pid = fork // die;
    if (!$pid) {
        setpgrp;
        open STDERR, '>', '/dev/null';
        exec $pc->command or POSIX::_exit(127);
    }
    # The instants are what is tried here: from none to 40 ms after the start.
    select undef, undef, undef, $round / 1000;
    kill TERM => $pid;
    waitpid $pid, 0;
    ok $? == 0 || $? == POSIX::SIGTERM(), "round $round: ended by exit or by the signal" or diag $?;
    my $group = sub { grep { my ($group) = (Proxycache::slurp($_) =~ /^\d+ \(.*\) [^ZX] \d+ (\d+)/s); ($group // 0) == $pid } glob '/proc/[0-9]*/stat' };
    ok $pc->wait_for(sub { !$group->() }), "round $round: no process is left";
    ok !-e $pc->path('logs/proxycache.pid'), "round $round: no pid file is left";
    ok $pc->wait_for(sub { IO::Socket::IP->new(LocalHost => '127.0.0.1', LocalPort => $pc->port, Listen => 1, ReuseAddr => 1) }), "round $round: the port is free";
}
done_testing;
