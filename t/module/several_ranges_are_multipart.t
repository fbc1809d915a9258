# Several ranges come as multipart/byteranges (RFC 9110 section 14.6); more than max_ranges as the whole.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->prepare(server => 'location /two/ { alias %%prefix%%/html/; max_ranges 2; }', http => 'types { text/x x; }');
my $bytes = join '', map { chr(ord('a') + $_ % 26) } 0 .. 299_999;
$pc->write_file('html/a.x', $bytes);
$pc->launch;

my $r = $pc->get('/a.x', {Range => 'bytes=0-9, 1000-1999, 250000-'});
is $r->status, 206;
my ($boundary) = $r->header('Content-Type') =~ m{^multipart/byteranges; boundary=(\S+)$};
ok $boundary, 'the type names a boundary';
my @expected = ([0, 9], [1000, 1999], [250_000, 299_999]);
my $expected = join '', map {
    my ($from, $to) = @$_;
    "\r\n--$boundary\r\nContent-Type: text/x\r\nContent-Range: bytes $from-$to/300000\r\n\r\n" . substr($bytes, $from, $to - $from + 1)
} @expected;
ok $r->body eq "$expected\r\n--$boundary--\r\n", 'each part has its type and place';
is $r->header('Content-Length'), length $r->body, 'the length of all';
is $pc->get('/two/a.x', {Range => 'bytes=0-0,2-2,4-4'})->status, 200, 'more than max_ranges';
done_testing;
