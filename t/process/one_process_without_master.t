# master_process off: the one process answers, writes the pid file, and ends on signals.
use lib 't/lib';
use Proxycache;

for my $signal (qw(TERM QUIT)) {
    my $pc = Proxycache->start(conf => 'master_process off;', server => 'location / { return 200 "$pid\n"; }');
    is $pc->get('/')->body =~ /^(\d+)/ && $1, $pc->master, 'the process in the pid file answers';
    is $pc->stop($signal), 0, "$signal: exit code 0";
    ok !-e $pc->path('logs/proxycache.pid'), 'the pid file is gone';
}
done_testing;
