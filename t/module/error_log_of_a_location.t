# error_log in server and location: lines of requests there go there, at its own level.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(server => <<'E2');
    location /own/   { error_log logs/own.log crit; error_log logs/all.log info; deny all; }
    location /       { deny all; }
E2
$pc->get('/own/x');
$pc->get('/main/x');
ok $pc->wait_for(sub { $pc->read_file('logs/all.log') =~ m{\[error\] \d+#\d+: \*\d+ access forbidden by rule, .*"GET /own/x} }), 'in its own';
is $pc->read_file('logs/own.log'), '', 'not in the one for worse';
ok $pc->wait_log(qr{access forbidden by rule, .*"GET /main/x}), 'others in the main one';
unlike $pc->error_log, qr{/own/x}, 'and only they';
done_testing;
