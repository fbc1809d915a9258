# At least 64 clients of four workers ask for the same slow object: the origin sees one request, and all get each part when it comes.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(
    sub ($request) {
        {raw => [[wait => 'head'], "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 10\r\n\r\nfirst", [wait => 'rest'], ' half']}
    }
);
my $pc = Proxycache->start(origin => $origin, workers => 4, http => 'proxy_cache_path cache keys_zone=one:1m;', server => <<'E');
    add_header X-Pid $pid;
    location = /pid { return 200 $pid; }
    location / { proxy_pass http://%%origin%%; proxy_cache one; proxy_cache_lock_timeout 60s; proxy_cache_lock_age 60s; }
E

my (@clients, %connected);
wait_until(
    sub {
        my $client = $pc->connect;
        $connected{$client->ask(GET => '/pid')->body}++;
        push @clients, $client;
        return @clients >= 64 && keys %connected >= 2;
    },
    20
);
$_->request(GET => '/a') for @clients;
ok $origin->wait_for_requests(1), 'one of them is fetched for';
$origin->release('head');
my %pids;
my $first = 0;
for my $client (@clients) {
    my $text = $client->read_until('first') // '';
    $first++ if $text =~ /first$/;
    $pids{$1}++ if $text =~ /^x-pid: (\d+)/im;
}
is $first, scalar(@clients), 'all have the beginning before the end is there';
cmp_ok scalar(keys %pids), '>=', 2, 'over at least two processes';
$origin->release('rest');
is scalar(grep { $_->read_bytes(5) eq ' half' } @clients), scalar(@clients), 'and then the rest';
is scalar($origin->requests), 1, 'one fetch';

done_testing;
