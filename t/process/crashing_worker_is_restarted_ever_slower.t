# A worker that is killed as soon as it is there comes back after growing pauses, but for the first time; the others go on, and so does the master.
use lib 't/lib';
use Proxycache;
use Time::HiRes qw(time);

my $pc = Proxycache->start(workers => 1, server => 'location / { return 200 "$pid\n"; }', expect => qr/exited on signal 9/);
for (1 .. 5) {
    my ($worker) = $pc->wait_for(sub { ($pc->workers)[0] });
    $pc->signal(KILL => $worker);
    $pc->wait_for(sub { !grep { $_ == $worker } $pc->workers });
}
ok $pc->wait_for(sub { $pc->workers == 1 }), 'it comes back';
my @pauses = $pc->error_log =~ /died at once, trying again in (\d+) ms/g;
is_deeply [@pauses[0 .. 3]], [100, 200, 400, 800], 'the pauses double';
is $pc->get('/')->status, 200, 'it answers';
done_testing;
