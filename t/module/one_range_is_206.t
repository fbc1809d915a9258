# One range of a file (RFC 9110 section 14).
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->prepare(server => 'location /none/ { alias %%prefix%%/html/; max_ranges 0; }');
my $bytes = join '', map { chr(ord('a') + $_ % 26) } 0 .. 199_999;
$pc->write_file('html/big.bin', $bytes);
utime 1_000_000_000, 1_000_000_000, $pc->prefix . '/html/big.bin';
$pc->launch;

my $r = $pc->get('/big.bin', {Range => 'bytes=100-199'});
is $r->status, 206;
is $r->body, substr($bytes, 100, 100), 'its bytes';
is $r->header('Content-Range'), 'bytes 100-199/200000', 'where they are';
is $r->header('Content-Length'), 100;
is $pc->get('/big.bin', {Range => 'bytes=-10'})->body, substr($bytes, -10), 'the last ten';
ok $pc->get('/big.bin', {Range => 'bytes=150000-'})->body eq substr($bytes, 150_000), 'from there to the end';

my $no = $pc->get('/big.bin', {Range => 'bytes=200000-'});
is $no->status, 416, 'behind the end';
is $no->header('Content-Range'), 'bytes */200000', 'the length is told';
is $pc->get('/big.bin', {Range => 'lines=1-2'})->status, 200, 'another unit is not known';
is $pc->get('/none/big.bin', {Range => 'bytes=0-1'})->status, 200, 'max_ranges 0';
is $pc->get('/none/big.bin')->header('Accept-Ranges'), undef, 'and nothing is promised';
is $pc->get('/big.bin', {Range => 'bytes=0-1', 'If-Range' => '"other"'})->status, 200, 'If-Range fails: the whole';
is $pc->get('/big.bin', {Range => 'bytes=0-1', 'If-Range' => 'Sun, 09 Sep 2001 01:46:40 GMT'})->status, 206, 'If-Range holds';
done_testing;
