# -t and -T open nothing for writing and make no folder; -q leaves only errors; -T prints the configuration.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->prepare(http => 'access_log newlogs/access.log; server { listen %%listen%%; return 204; }');
for my $option ('-t', '-T', '-tq') {
    is $pc->run(args => [$option])->{status}, 0, "$option succeeds";
}
is_deeply [sort map { s{.*/}{}r } glob $pc->path('*')], [qw(conf html logs)], 'no folder is made';
is_deeply [glob $pc->path('logs/*')], [], 'no file is made';

my $quiet = $pc->run(args => ['-tq']);
is $quiet->{err}, '', '-q says nothing when all is well';
my $dump = $pc->run(args => ['-T']);
like $dump->{out}, qr/^http \{.*server \{/ms, '-T prints the configuration to stdout';
like $dump->{out}, qr/pipeline/, '-T prints the pipelines';
like $dump->{err}, qr/test is successful/, '-T says that it is good on stderr';
done_testing;
