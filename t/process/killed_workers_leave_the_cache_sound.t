# kill -9 of workers while they fill and read one cache: the others go on answering from it, nothing stays locked, and what dead
# processes held is given back, so that the cache works afterwards as before.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) {
    my ($n) = $request->{target} =~ /(\d+)/;
    [200, {'Cache-Control' => 'max-age=1000'}, "object $n " x (100 + $n * 50)];
});
my $pc = Proxycache->start(workers => 4, origin => $origin, http => <<'CONF', expect => qr/exited on signal 9/);
    proxy_cache_path %%prefix%%/cache keys_zone=one:10m max_size=4m;
    server {
        listen %%listen%%;
        add_header X-Pid $pid;
        location = /status { stub_status; }
        location / { proxy_pass http://%%origin%%; proxy_cache one; }
    }
CONF
my $stop = $pc->path('stop');
my @clients = map { my $seed = $_; background(sub {
    srand $seed;
    my ($asked, @wrong, @lost) = (0);
    my ($client, $pid);
    until (-e $stop) {
        $client //= $pc->connect;
        my $n = int rand 60;
        my $response = eval { $client->ask('GET', "/$n") };
        if ($response && $response->status == 200 && !$response->truncated) {
            push @wrong, $n if $response->body ne "object $n " x (100 + $n * 50);
            ($pid) = $response->header('X-Pid');
            $asked++;
            undef $client if ($response->header('Connection') // '') =~ /close/;
        } else {
            push @lost, {pid => $pid // 0, what => $response ? 'status ' . $response->status : $@ || 'closed'};
            undef $client;
            undef $pid;
        }
    }
    return {asked => $asked, wrong => \@wrong, lost => \@lost};
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
$pc->wait_for(sub { $pc->workers == 4 });
$pc->write_file('stop', '');
for my $client (@clients) {
    my $result = $client->result;
    cmp_ok $result->{asked}, '>', 50, "a client got $result->{asked} answers";
    is_deeply $result->{wrong}, [], 'every answer was the right object';
    is_deeply [map { "$_->{pid}: $_->{what}" } grep { $_->{pid} && !$killed{$_->{pid}} || $_->{what} =~ /no answer/ } $result->{lost}->@*], [], 'nobody but the killed lost a request';
}
for my $n (0 .. 59) {
    my $first = $pc->get("/$n");
    my $second = $pc->get("/$n");
    my $body = "object $n " x (100 + $n * 50);
    ok $first->body eq $body && $second->body eq $body, "object $n is right afterwards" or diag $first->status;
}
my $before = $origin->requests;
$pc->get('/7') for 1 .. 8;
is $origin->requests, $before, 'what is asked for again comes from the cache';

my ($seen) = $pc->get('/status')->body =~ /^ \d+ \d+ (\d+)/m;
$pc->get('/1') for 1 .. 10;
my ($later) = $pc->get('/status')->body =~ /^ \d+ \d+ (\d+)/m;
is $later - $seen, 11, 'requests are still counted one by one';
ok $pc->wait_for(sub { $pc->get('/status')->body =~ /^Active connections: 1 /m }), 'connections of dead workers are not counted any more';
done_testing;
