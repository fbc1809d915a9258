# reuseport after a reload with fewer workers: one of them has two sockets, and yet is given no more connections.
use lib 't/lib';
use Proxycache;

my $server = 'server { listen %%listen%% reuseport; location / { return 200 "$pid\n"; } }';
my $pc = Proxycache->start(workers => 4, http => $server);
$pc->rewrite(workers => 3, http => $server);
ok $pc->reload, 'reloaded with three workers';
ok $pc->wait_for(sub { !$pc->draining }), 'the old ones have gone';
my %by_worker;
$by_worker{$pc->get('/')->body}++ for 1 .. 600;
is keys %by_worker, 3, 'all three are given connections';
cmp_ok $_, '<', 260, 'a third each, not half for the one with two sockets' for values %by_worker;

$pc->rewrite(workers => 4, http => $server);
ok $pc->reload, 'reloaded with four workers';
ok $pc->wait_for(sub { !$pc->draining }), 'the old ones have gone';
%by_worker = ();
$by_worker{$pc->get('/')->body}++ for 1 .. 400;
is keys %by_worker, 4, 'all four are given connections again';
done_testing;
