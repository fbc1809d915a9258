# USR2 with a binary that does not start: the old master takes its pid file back and goes on.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(conf => 'daemon on;', workers => 1, server => 'location / { return 200 "$pid\n"; }', expect => qr/alert|emerg/);
my $old = $pc->master;
$pc->rewrite(conf => "daemon on;\nbogus;");
$pc->signal('USR2');
ok $pc->wait_log(qr/new binary process \d+ exited with code 1/), 'the new binary ends';
ok $pc->wait_for(sub { !-e $pc->path('logs/proxycache.pid.oldbin') && $pc->master == $old }), 'the pid file is as before';
is $pc->get('/')->status, 200, 'requests are answered';
$pc->rewrite(conf => 'daemon on;');
ok $pc->reload, 'a reload works';
done_testing;
