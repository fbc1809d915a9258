# A worker that is told to end again and again, also while it is leaving, ends as if told once.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(workers => 1, server => 'location / { return 200 "$pid\n"; }');
for my $round (1 .. 5) {
    my $worker = $pc->connect->ask('GET', '/')->body + 0;
    for (1 .. 1_000_000) { kill(TERM => $worker) or last }
    ok $pc->wait_log(qr/worker process $worker exited with code 0/), 'and leaves in peace';
    ok $pc->wait_for(sub { $pc->workers }), 'another takes its place';
}
done_testing;
