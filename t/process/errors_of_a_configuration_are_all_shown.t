# -t, and a start: every error in nginx's form with its place, the line and a caret; exit code 1; nothing is left behind.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->prepare(conf => "daemon off;\nbogus on;\nevents { }\nhttp {\n    servr { }\n}\n", expect => qr/emerg/);
my $file = $pc->path('conf/test.conf');

for my $way (['-t'], []) {
    my $result = $pc->run(args => $way);
    my $name = "@$way" || 'a start';
    is $result->{status}, 1, "$name exits with 1";
    like $result->{err}, qr/^proxycache: \[emerg\] unknown directive "bogus".* in \Q$file\E:3:1\n    bogus on;\n    \^$/m, "$name shows the first";
    like $result->{err}, qr/^proxycache: \[emerg\] unknown directive "servr".* in \Q$file\E:6:5$/m, "$name shows the second";
}
like $pc->run(args => ['-t'])->{err}, qr/^proxycache: configuration file \Q$file\E test failed$/m, '-t says that it failed';
ok !-e $pc->path('logs/proxycache.pid'), 'no pid file';

my $missing = $pc->run(args => ['-t', '-c', 'conf/none.conf']);
like $missing->{err}, qr/\[emerg\] open\(\) ".*none\.conf" failed \(2: No such file or directory\)/, 'a missing file';
is $missing->{status}, 1;

my $global = $pc->run(args => ['-t', '-g', 'worker_processes many;']);
like $global->{err}, qr/\[emerg\].* in command line:1:18$/m, 'an error in -g has its place too';
done_testing;
