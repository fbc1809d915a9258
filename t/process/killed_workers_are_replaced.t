# kill -9 of one of 4 workers, 50 times under load: each is logged with its signal and replaced, and the other workers lose
# no request.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(workers => 4, server => 'location / { return 200 "$pid\n"; }', expect => qr/exited on signal 9/);
my $stop = $pc->path('stop');
my @clients = map { background(sub {
    my ($asked, %seen) = (0);
    my (@lost, $client, $pid);
    until (-e $stop) {
        $client //= $pc->connect;
        my $response = eval { $client->ask('GET', '/') };
        if ($response && $response->status == 200) { ($pid) = $response->body =~ /^(\d+)/; $seen{$pid}++; $asked++ }
        # A worker that is still there has let us down; one that is gone may take its connections with it.
        else { push @lost, $pid // 'unknown'; undef $client; undef $pid }
        if ($client && $asked % 20 == 0) { undef $client; undef $pid }
    }
    return {asked => $asked, lost => \@lost, workers => scalar keys %seen};
}) } 1 .. 4;

my %killed;
for my $round (1 .. 50) {
    $pc->wait_for(sub { $pc->workers >= 2 });
    my @workers = $pc->workers;
    my $victim = $workers[rand @workers];
    $killed{$victim} = 1;
    $pc->signal(KILL => $victim);
    $pc->wait_for(sub { !grep { $_ == $victim } $pc->workers }) or fail("worker $victim of round $round is still there");
}
ok $pc->wait_for(sub { $pc->workers == 4 }), 'four workers after fifty deaths';
is scalar(() = $pc->error_log =~ /worker process \d+ exited on signal 9/g), 50, 'every death is logged with its signal';
$pc->write_file('stop', '');
for my $client (@clients) {
    my $result = $client->result;
    cmp_ok $result->{asked}, '>', 100, "a client asked $result->{asked} times";
    is_deeply [grep { $_ ne 'unknown' && !$killed{$_} } $result->{lost}->@*], [], 'nobody but the killed lost a request';
}
is $pc->get('/')->status, 200, 'it answers';
done_testing;
