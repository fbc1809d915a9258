# TERM, INT and QUIT to the master: exit code 0, no pid file, no process left; -s sends them.
use lib 't/lib';
use Proxycache;

for my $how (qw(TERM INT QUIT stop quit)) {
    my $pc = Proxycache->start(workers => 2, server => 'location / { return 200 "$pid\n"; }');
    like $pc->read_file('logs/proxycache.pid'), qr/\A\d+\n\z/, 'the pid file has the pid and a newline';
    my @all = ($pc->pids, $pc->keeper);
    if ($how =~ /^[A-Z]/) { $pc->signal($how) }
    else { is $pc->run(args => ['-s', $how])->{status}, 0, "-s $how exits with 0" }
    ok $pc->wait_for(sub { !$pc->is_running }), "$how ends it";
    is $pc->stop, 0, "$how: exit code 0";
    ok !-e $pc->path('logs/proxycache.pid'), "$how: the pid file is gone";
    is_deeply [grep { $pc->is_alive($_) } @all], [], "$how: no process is left";
    like $pc->error_log, qr/\[notice\] \d+#\d+: signal \d+ \(SIG\w+\) received from \d+, (exiting|shutting down)/, 'the log says which signal came';
}
done_testing;
