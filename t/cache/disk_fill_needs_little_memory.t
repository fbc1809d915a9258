# A large object goes through to the disk and comes back from it in bounded memory: 10 GiB with EXTENDED=1, otherwise 512 MiB.
use lib 't/lib';
use Proxycache;

my $size   = $ENV{EXTENDED} ? 10 << 30 : 512 << 20;
my $max    = $ENV{EXTENDED} ? '22g'    : '1200m';
my $bound  = 48 << 20;
my $origin = Origin->new(
    sub ($request) {
        {raw => ["HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: $size\r\n\r\n", [bytes => $size]]}
    }
);
my $pc = Proxycache->start(origin => $origin, workers => 2, http => "proxy_cache_path cache keys_zone=one:1m memory=8m max_size=$max;", server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
E
$pc->wait_log(qr{loaded, \d+ objects});    # the store is in use

my $most = 0;
my $take = sub {
    my $client = $pc->connect('listen', timeout => 60);
    $client->request(GET => '/huge');
    my $head = $client->read_head;
    my $left = $size;
    for (my $turn = 0; $left > 0; $turn++) {
        my $bytes = length($client->read_bytes($left < 1 << 20 ? $left : 1 << 20) // last);
        $left -= $bytes;
        next if $turn % 64;
        for my $pid ($pc->workers) { my $now = $pc->memory($pid, 'Private_Dirty') // 0; $most = $now if $now > $most }
    }
    is $left, 0, 'all of it arrives';
    return $head->header('x-cache');
};
is $take->(), 'MISS', 'the first is a miss';
ok wait_until(sub { my $head = $pc->connect->ask(HEAD => '/huge'); $head->header('x-cache') eq 'HIT' }), 'it is stored';
is $take->(), 'HIT', 'the next a hit';
is $origin->requests, 1, 'one fetch';
$pc->holds_less($most, $bound, 'no worker ever needed more than 48 MiB');

done_testing;
