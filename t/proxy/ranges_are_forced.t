# proxy_force_ranges: a whole answer of an origin that ignores Range becomes the part that was asked for.
use lib 't/lib';
use Proxycache;

my $body   = join '', 'a' .. 'z';
my $origin = Origin->new(sub ($request) { [200, {ETag => '"v1"', 'Content-Type' => 'text/x'}, $body] });
my $pc = Proxycache->start(origin => $origin, server => <<'E');
    location /on  { proxy_pass http://%%origin%%; proxy_force_ranges on; }
    location /off { proxy_pass http://%%origin%%; }
E
my $response = $pc->get('/on', {Range => 'bytes=2-4'});
is $response->status, 206, 'partial content';
is $response->body, 'cde', 'the part';
is $response->header('content-range'), 'bytes 2-4/26', 'Content-Range';
is $pc->get('/on', {Range => 'bytes=-2'})->body, 'yz', 'from the end';
is $pc->get('/on', {Range => 'bytes=2-4', 'If-Range' => '"v1"'})->status, 206, 'If-Range that holds';
is $pc->get('/on', {Range => 'bytes=2-4', 'If-Range' => '"v0"'})->status, 200, 'If-Range that does not';
is $pc->get('/on', {Range => 'bytes=30-'})->status, 416, 'behind the end';
$response = $pc->get('/on', {Range => 'bytes=0-1,24-25'});
like $response->header('content-type'), qr{^multipart/byteranges}, 'several parts';
like $response->body, qr/\r\n\r\nab\r\n.*\r\n\r\nyz\r\n/s, 'both of them';
is $pc->get('/off', {Range => 'bytes=2-4'})->status, 200, 'off';
done_testing;
