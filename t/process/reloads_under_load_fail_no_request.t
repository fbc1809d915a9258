# 20 reloads, and 5 as fast as they can be sent, while clients connect anew and others keep their connections: no connection is
# refused and no request fails; the old workers leave.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(workers => 2, server => 'location / { return 200 "$pid\n"; }');
my $stop = $pc->path('stop');

my @fresh = map { background(sub {
    my ($count, @failed) = (0);
    until (-e $stop) {
        my $response = eval { $pc->get('/') };
        push @failed, $@ || 'no response' if !$response || $response->status != 200;
        $count++;
    }
    return {count => $count, failed => \@failed};
}) } 1 .. 2;
my @kept = map { background(sub {
    my ($count, @failed, $client) = (0);
    until (-e $stop) {
        $client //= $pc->connect;
        my $response = eval { $client->ask('GET', '/') };
        push @failed, $@ || 'no response' if !$response || $response->status != 200;
        undef $client if !$response || ($response->header('Connection') // '') =~ /close/i;
        $count++;
    }
    return {count => $count, failed => \@failed};
}) } 1 .. 2;

for (1 .. 20) { $pc->reload or fail("reload $_ brought no new workers") }
$pc->signal('HUP') for 1 .. 5;
$pc->write_file('stop', '');
for my $client (@fresh, @kept) {
    my $result = $client->result;
    cmp_ok $result->{count}, '>', 20, 'a client asked all the while';
    is_deeply $result->{failed}, [], 'no request failed';
}
ok $pc->wait_for(sub { $pc->workers == 2 && !$pc->draining }), 'in the end there are as many workers as at first';
done_testing;
