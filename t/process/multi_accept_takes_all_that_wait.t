# multi_accept: a worker that comes back to five waiting connections takes all before it answers the first; without, it
# answers in between.
use lib 't/lib';
use Proxycache;

my %active;
for my $how ('on', 'off') {
    my $pc = Proxycache->start(how => $how, conf => <<'E');

events { worker_connections 100; multi_accept %%how%%; }
http { server { listen %%listen%%; return 200 "$connections_active"; } }
E
    my ($worker) = $pc->workers;
    $pc->signal(STOP => $worker);
    $pc->wait_for(sub { $pc->read_file("/proc/$worker/stat") =~ /\) T/ });
    my @clients = map { $pc->connect } 1 .. 5;
    $_->request(GET => '/') for @clients;
    $pc->signal(CONT => $worker);
    $active{$how} = [map { $_->read_response->body } @clients];
    $pc->stop;
}
is $active{on}[0], 5, 'on: the first request sees five connections';
cmp_ok $active{off}[0], '<', 5, 'off: it sees fewer';
is $active{off}[4], 5, 'the last sees all';
done_testing;
