# An object on its way to the disk is read by clients of all workers while it grows: one fetch, at the origin's pace; who reads slowly holds nobody up.
use lib 't/lib';
use Proxycache;

my $size = 24 << 20;
my $half = $size / 2;
my $origin = Origin->new(
    sub ($request) {
        {raw => ["HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: $size\r\n\r\n", [bytes => 1000], [wait => 'half'], [bytes => $half - 1000], [wait => 'rest'], [bytes => $half]]}
    }
);
my $pc = Proxycache->start(origin => $origin, workers => 4, http => 'proxy_cache_path cache keys_zone=one:1m memory=8m max_size=512m;', server => <<'E');
    location = /pid { return 200 $pid; }
    location / { proxy_pass http://%%origin%%; proxy_cache one; add_header X-Pid $pid; }
E
$pc->wait_log(qr{loaded, \d+ objects});    # the store is in use

# One connection to each worker, and one that reads nothing.
my %by_pid;
wait_until(sub { my $client = $pc->connect; $by_pid{$client->ask(GET => '/pid')->body} //= $client; keys %by_pid == 4 }, 20);
my @clients = values %by_pid;
my $slow    = $pc->connect('listen', rcvbuf => 4096);
$_->request(GET => '/large') for @clients, $slow;
my @heads = map { $_->read_head } @clients;
is scalar(grep { $_->status == 200 } @heads), 4, 'each worker answers';
is scalar(grep { length $_->read_bytes(1000) == 1000 } @clients), 4, 'with what has come: nobody waits for a whole piece';
$origin->release('half');
my @halves = map { $_->read_bytes($half - 1000) } @clients;
is scalar(grep { length == $half - 1000 } @halves), 4, 'then half of it';
$origin->release('rest');
my @rests = map { $_->read_bytes($half) } @clients;
is scalar(grep { length == $half } @rests), 4, 'then the rest';
my %different = map { $_ => 1 } map { $halves[$_] . $rests[$_] } 0 .. 3;
is scalar(keys %different), 1, 'all of them the same';
is $origin->requests, 1, 'one fetch';
my $hit;
ok wait_until(sub { $hit = $pc->get('/large'); $hit->header('x-cache') eq 'HIT' }), 'it is stored although one has read nothing';
is $hit->body_length, $size, 'whole';
my $late = $slow->read_response;
is $late->body_length, $size, 'who was slow gets all of it too';
ok $late->body eq $hit->body, 'and nothing else';
is $origin->requests, 1, 'still one fetch';

done_testing;
