# -s without a running master: nginx's messages, exit code 1.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->prepare(server => 'return 204;');
my $path = $pc->path('logs/proxycache.pid');
my $ask = sub { $pc->run(args => ['-s', 'reload']) };

my $none = $ask->();
is $none->{err}, qq{proxycache: [error] open() "$path" failed (2: No such file or directory)\n}, 'no pid file';
is $none->{status}, 1;
for my $text ('', "abc\n", "0\n", "-5\n", "12x\n") {
    $pc->write_file($path, $text);
    my $invalid = $ask->();
    is $invalid->{err}, sprintf(qq{proxycache: [error] invalid PID number "%s" in "%s"\n}, $text =~ s/\n//r, $path), 'not a pid: ' . ($text =~ s/\n//r);
    is $invalid->{status}, 1;
}
my $gone = fork // die;
exit 0 if !$gone;
waitpid $gone, 0;
$pc->write_file($path, "$gone\n");
my $dead = $ask->();
is $dead->{err}, "proxycache: [alert] kill($gone, 1) failed (3: No such process)\n", 'a process that is gone';
is $dead->{status}, 1;
unlink $path;
done_testing;
