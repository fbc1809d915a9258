# The worker that fetches is killed: who was sent nothing is served by another fetch; who was sent a part is never told that it was the whole.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(
    sub ($request) {
        {raw => ["HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 10\r\n", [wait => 'head'], "\r\nfirst", [wait => 'rest'], ' half']}
    }
);
my $pc = Proxycache->start(origin => $origin, workers => 4, expect => qr/signal 9/, http => 'proxy_cache_path cache keys_zone=one:1m;', server => <<'E');
    location = /pid { return 200 $pid; }
    location / { proxy_pass http://%%origin%%; proxy_cache one; proxy_set_header X-Pid $pid; proxy_cache_lock_timeout 60s; proxy_cache_lock_age 60s; }
E

# Connections to every worker: two deaths do not end all.
my (@clients, %pids);
wait_until(
    sub {
        my $client = $pc->connect;
        $pids{$client->ask(GET => '/pid')->body}++;
        push @clients, $client;
        return keys %pids == 4;
    },
    20
);
$_->request(GET => '/a') for @clients;
ok $origin->wait_for_requests(1), 'one fetch';
$pc->signal('KILL', $origin->request->header('x-pid'));
ok $origin->wait_for_requests(2), 'another worker fetches';
my $filler = $origin->request->header('x-pid');
$origin->release('head');
my @part = grep { ($_->read_until('first') // '') =~ /first$/ } @clients;
cmp_ok scalar(@part), '>', 0, 'those of the other workers are served';

$pc->signal('KILL', $filler);
is scalar(grep { $_->read_bytes(5) eq ' half' } @part), 0, 'none is told that half of it is all';
$origin->release('rest');
is $pc->get('/a')->body, 'first half', 'the next request gets it';

done_testing;
