# The worker that fills the disk is killed: nobody is told that a part is the whole, what memory it held is given back, the next request fetches.
use lib 't/lib';
use Proxycache;

my $size   = 6_000_000;
my $origin = Origin->new(
    sub ($request) {
        my $head = "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: $size\r\n\r\n";
        return {raw => [$head, [bytes => $size / 2], [wait => 'rest'], [bytes => $size / 2]]};
    }
);
my $pc = Proxycache->start(origin => $origin, workers => 4, expect => qr/signal 9/, http => 'proxy_cache_path cache keys_zone=one:1m memory=1m max_size=256m;', server => <<'E');
    location = /pid { return 200 $pid; }
    location / { proxy_pass http://%%origin%%; proxy_cache one; proxy_set_header X-Pid $pid; }
E
$pc->wait_log(qr{loaded, \d+ objects});    # the store is in use

for my $round (1 .. 12) {                    # more than the memory could hold lists and windows for
    my (%by_pid, @clients);
    wait_until(sub { my $client = $pc->connect; $by_pid{$client->ask(GET => '/pid')->body} //= $client; keys %by_pid == 4 }, 20);
    @clients = values %by_pid;
    my $before = $origin->requests;
    $_->request(GET => "/$round") for @clients;
    my @heads = map { $_->read_head } @clients;
    my @parts = map { $_->read_bytes($size / 2) } @clients;
    is scalar(grep { length == $size / 2 } @parts), 4, "round $round: all read along" if $round == 1;
    is $origin->requests, $before + 1, 'one fetch' if $round == 1;
    $pc->signal('KILL', $origin->request->header('x-pid'));
    my $told = 0;
    for my $client (@clients) { my $more = eval { $client->read_bytes($size / 2) } // ''; $told++ if length $more == $size / 2 }
    is $told, 0, 'none is told that half of it is all' if $round == 1;
    fail "round $round: an end that is none" if $told && $round > 1;
    $_->close for @clients;
    wait_until(sub { $pc->workers == 4 }, 20);
}
$origin->release('rest') for 1 .. 40;
my $whole = $pc->get('/1');
is $whole->body_length, $size, 'the next request gets all of it';
my $hit;
ok wait_until(sub { $hit = $pc->get('/1'); $hit->header('x-cache') eq 'HIT' }), 'it is stored';
ok $hit->body eq $whole->body, 'and right';

done_testing;
