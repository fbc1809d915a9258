# WINCH with daemon off is a terminal that was resized: workers stay, and reload still works.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(workers => 2, server => 'location / { return 200 "$pid\n"; }');
my @workers = sort $pc->workers;
$pc->signal('WINCH');
$pc->signal('WINCH', $_) for @workers;
ok $pc->wait_log(qr/signal 28 \(SIGWINCH\) received/), 'it was heard';
is_deeply [sort $pc->workers], \@workers, 'the workers stay';
is $pc->get('/')->status, 200;
done_testing;
