# reuseport: one socket a worker. The kernel resets what waits at a socket that closes, so fewer workers take over
# the sockets of more: over reloads under load, no connection is refused or reset.
use lib 't/lib';
use Proxycache;

my $server = 'location / { return 200 "$pid\n"; }';
my $http = sub { "server { listen %%listen%% reuseport; $server }" };
my $pc = Proxycache->start(workers => 4, http => $http->());
my $sockets = sub { scalar grep { / 0A / && /:@{[sprintf '%04X', $pc->port]} / } split /\n/, Proxycache::slurp('/proc/net/tcp') };
is $sockets->(), 4, 'four sockets for four workers';
my $stop = $pc->path('stop');
my @clients = map { background(sub {
    my ($count, @failed) = (0);
    until (-e $stop) {
        my $response = eval { $pc->get('/') };
        push @failed, $@ || 'no response' if !$response || $response->status != 200;
        $count++;
    }
    return {count => $count, failed => \@failed};
}) } 1 .. 2;
my $most = 4;
for my $workers (4, 3, 4, 2, 5, 4, 1, 4) {
    $most = $workers if $workers > $most;
    $pc->rewrite(workers => $workers, http => $http->());
    ok $pc->reload, "reloaded with $workers";
    ok $pc->wait_for(sub { !$pc->draining && $sockets->() == $most }), "$most sockets";
}
$pc->write_file('stop', '');
for (@clients) {
    my $result = $_->result;
    cmp_ok $result->{count}, '>', 20, 'a client asked all the while';
    is_deeply $result->{failed}, [], 'no request failed';
}
done_testing;
