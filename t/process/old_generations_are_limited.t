# Clients that hold connections over many reloads: at most 8 old generations drain, then the oldest is ended and logged.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(workers => 1, server => 'location / { return 200 "$pid\n"; }');
my @held;
for my $round (1 .. 11) {
    my $client = $pc->connect;
    is $client->ask('GET', '/')->status, 200, "connection $round";
    push @held, $client;
    $pc->reload or fail("reload $round");
}
ok $pc->wait_log(qr/more than 8 generations are draining: the oldest, 1, is ended/), 'it is logged';
ok $pc->wait_for(sub { $pc->draining <= 8 }), 'at most eight drain';
is $held[-1]->ask('GET', '/')->status, 200, 'the youngest still has its request';
$_->close for @held;
ok $pc->wait_for(sub { !$pc->draining }), 'all leave when their clients do';
done_testing;
