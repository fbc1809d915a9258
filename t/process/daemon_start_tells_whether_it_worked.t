# daemon on: the start returns when requests are answered, with 0; with 1 when it failed after all. The daemon has its own
# session and no terminal.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->prepare(conf => 'daemon on;', server => 'location / { return 200 "$pid\n"; }');
my $result = $pc->run(args => []);
is $result->{status}, 0, 'the start exits with 0';
is $result->{err}, '', 'and says nothing';
is $pc->get('/')->status, 200, 'requests are answered at once';
my $master = $pc->master;
isnt getpgrp($master), getpgrp(0), 'it is in another process group';
is readlink "/proc/$master/fd/$_", '/dev/null', "descriptor $_ is /dev/null" for 0, 1;
is readlink "/proc/$master/fd/2", $pc->path('logs/error.log'), 'stderr is the error log';

$pc->write_file('conf/second.conf', $pc->{text} =~ s/proxycache\.pid/second.pid/r);
my $second = $pc->run(args => ['-c', 'conf/second.conf']);
is $second->{status}, 1, 'a second start on the same address exits with 1';
like $second->{err}, qr/\[emerg\] bind\(\) to 127\.0\.0\.1:\d+ failed \(98: Address already in use\)/, 'and says why';
ok !-e $pc->path('logs/second.pid'), 'and leaves no pid file';

$pc->write_file('conf/second.conf', $pc->{text} =~ s/proxycache\.pid/none\/second.pid/r =~ s/listen 127\S+;/listen 127.0.0.1:@{[$pc->port('other')]};/r);
$pc->write_file('logs/none', 'a file where a folder is needed');
is $pc->run(args => ['-c', 'conf/second.conf'])->{status}, 1, 'a pid file that cannot be written ends the start with 1';

is $pc->run(args => ['-s', 'quit'])->{status}, 0;
ok $pc->wait_for(sub { !$pc->is_alive($master) }), 'it ends';
done_testing;
