# As root: workers and keeper are the user that the configuration names, in every id; logs are the user's. Otherwise a warning.
use lib 't/lib';
use Proxycache;

plan(skip_all => 'needs root') if $> != 0;
my $pc = Proxycache->start(workers => 1, conf => 'user daemon;', server => 'location / { return 200 "$pid\n"; }');
my $uid = getpwnam 'daemon';
my $gid = getgrnam 'daemon';
for my $child ($pc->workers, $pc->keeper) {
    my $status;
    # Its title is there before it has become the user.
    $pc->wait_for(sub { ($status = Proxycache::slurp("/proc/$child/status")) !~ /^Uid:\s+0/m });
    like $status, qr/^Uid:\s+$uid\s+$uid\s+$uid\s+$uid$/m, 'user ids';
    like $status, qr/^Gid:\s+$gid\s+$gid\s+$gid\s+$gid$/m, 'group ids';
    unlike $status, qr/^Groups:.*\b0\b/m, 'not in the group of root';
}
is +(stat $pc->path('logs/error.log'))[4], $uid, 'the log is the user\'s';
like Proxycache::slurp('/proc/' . $pc->master . '/status'), qr/^Uid:\s+0\s/m, 'the master stays root';
done_testing;
