# slice: a large object is fetched and stored in parts; a range in the middle of it fetches the parts it needs and no others, in
# whichever worker, and what is stored is not fetched again.
use lib 't/lib';
use Proxycache;

my $whole  = 100 << 20;
my $origin = Origin->new(
    sub ($request) {
        my $path = $request->path;
        my $size = $path =~ /small/ ? 2500 : $whole;
        return [200, {'Cache-Control' => 'max-age=60', ETag => '"w"'}, join '', map { chr(97 + $_ % 26) } 0 .. 2499] if $path =~ /norange/;
        return [404, {}, 'no such'] if $path =~ /missing/;
        my ($first, $last) = ($request->header('range') // '') =~ /^bytes=(\d+)-(\d+)$/ or return [500, {}, 'no range'];
        return [416, {'Content-Range' => "bytes */$size"}, ''] if $first >= $size;
        $last = $size - 1 if $last >= $size;
        my $etag = $path =~ /changing/ ? $first : 'a';
        my %head = ('Content-Range' => "bytes $first-$last/$size", ETag => qq("$etag"), 'Cache-Control' => 'max-age=60', 'Last-Modified' => 'Sun, 06 Nov 1994 08:49:37 GMT');
        return {status => 206, headers => \%head, body => [[bytes => $last - $first + 1]]} if $size == $whole;
        return [206, \%head, substr join('', map { chr(97 + $_ % 26) } 0 .. 2499), $first, $last - $first + 1];
    }
);
my $pc = Proxycache->start(origin => $origin, workers => 4, http => 'proxy_cache_path cache keys_zone=one:1m memory=64m disk=off;', server => <<'E');
    add_header X-Pid $pid;
    proxy_set_header Range $slice_range;
    proxy_cache_key $uri$slice_range;
    location / { slice 1m; proxy_pass http://%%origin%%; proxy_cache one; }
    location /small { slice 1000; proxy_pass http://%%origin%%; proxy_cache one; }
    location /plain/ { slice 1000; proxy_pass http://%%origin%%; }
    location /named/ { slice 1000; try_files /nothing @named; }
    location @named { slice 1000; proxy_pass http://%%origin%%; proxy_cache one; }
E
# The origin's pattern: 64 KiB of the alphabet, again and again.
sub pattern ($first, $length) { join '', map { chr(97 + $_ % 65536 % 26) } $first .. $first + $length - 1 }
sub ranges ($path) { map { $_->header('range') } grep { $_->path eq $path } $origin->requests }
my $m = 1 << 20;

my $from   = 50 * $m - 1000;
my $answer = $pc->get('/a', {Range => "bytes=$from-" . ($from + 1999)});
is $answer->status, 206, 'a range in the middle';
is $answer->header('content-range'), "bytes $from-" . ($from + 1999) . "/$whole", 'of the whole';
is $answer->body, pattern($from, 2000), 'with its bytes';
is_deeply [ranges('/a')], ['bytes=' . 49 * $m . '-' . (50 * $m - 1), 'bytes=' . 50 * $m . '-' . (51 * $m - 1)], 'two parts are fetched, no others';
is $answer->header('etag'), '"a"', 'the ETag is that of all';

# Every worker gives it from what is stored.
my %pids;
wait_until(
    sub {
        my $again = $pc->get('/a', {Range => "bytes=$from-" . ($from + 1999)});
        $pids{$again->header('x-pid')}++;
        die 'wrong bytes' if $again->body ne $answer->body;
        return keys %pids >= 2;
    },
    20
);
cmp_ok scalar(keys %pids), '>=', 2, 'in several processes';
is scalar(ranges('/a')), 2, 'nothing is fetched again';
is $pc->get('/a', {Range => 'bytes=-10'})->body, pattern($whole - 10, 10), 'the end';
is $pc->get('/a', {Range => 'bytes=' . ($whole + $m) . '-'})->status, 416, 'behind the end';
is $pc->head('/a')->header('content-length'), $whole, 'HEAD tells the length of the whole';
is $pc->get('/a', {'If-None-Match' => '"a"'})->status, 304, 'conditions are held against the whole';
is $pc->get('/a', {'If-Match' => '"b"'})->status, 412, 'all of them';

# The whole, at the pace of the client: parts are not fetched long before it takes them.
my $slow = $pc->connect('listen', rcvbuf => 4096);
$slow->request(GET => '/b');
$slow->read_until("\r\n\r\n");
$slow->read_bytes(1000);
ok $origin->wait_for_requests(1), 'it begins';
my $small = $pc->get('/small');
is $small->status, 200, 'a small one';
is $small->body, pattern(0, 2500), 'of three parts';
is_deeply [ranges('/small')], ['bytes=0-999', 'bytes=1000-1999', 'bytes=2000-2999'], 'one after the other';
cmp_ok scalar(ranges('/b')), '<', 20, 'nobody reads ahead of a client that does not read';
$slow->close;
my $large = $pc->connect('listen', timeout => 60)->request(GET => '/c')->read_response(discard => 1);
is $large->body_length, $whole, 'all hundred';
is scalar(ranges('/c')), 100, 'in a hundred parts';

is $pc->get('/small/changing')->truncated, 1, 'parts of another representation are not joined to it';
ok $pc->wait_log(qr/etag mismatch in slice response/), 'and the log says so';
is $pc->get('/small/missing')->status, 404, 'what is no part passes';
is $pc->get('/small/norange', {Range => 'bytes=1000-1009'})->body, pattern(1000, 10), 'an origin that gives the whole';
is $pc->get('/plain/small', {Range => 'bytes=1500-2499'})->body, pattern(1500, 1000), 'without a cache';
is $pc->get('/named/small')->body, pattern(0, 2500), 'behind an internal redirect';
is $pc->get('/named/small')->header('x-cache'), 'HIT', 'stored there too';
done_testing;
