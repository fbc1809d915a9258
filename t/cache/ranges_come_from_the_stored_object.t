# A Range of a stored 200 is a 206 from the cache; several are multipart; one beyond the end is 416 (RFC 9110 section 14).
use lib 't/lib';
use Proxycache;

my $body   = join '', map { sprintf "%05d;", $_ } 0 .. 3000;
my $origin = Origin->new(sub ($request) { [200, {'Cache-Control' => 'max-age=60', ETag => '"v1"'}, $body] });
my $pc     = Proxycache->start(origin => $origin, http => 'proxy_cache_path cache keys_zone=one:1m;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
E

my $first = $pc->get('/a', {Range => 'bytes=6-11'});
is $first->status, 206, 'the request that fills is answered in part';
is $first->body, '00001;', 'with what it asked for';
is $origin->request(0)->header('range'), undef, 'the origin is asked for the whole';

ok wait_until(sub { $pc->get('/a')->header('x-cache') eq 'HIT' }, 5), 'the whole is stored';
my $part = $pc->get('/a', {Range => 'bytes=6000-6011'});
is $part->status, 206, 'a part';
is $part->body, '01000;01001;', 'its bytes';
is $part->header('content-range'), 'bytes 6000-6011/' . length $body, 'Content-Range';
is $part->header('content-length'), 12, 'Content-Length';
is $pc->get('/a', {Range => 'bytes=-6'})->body, '03000;', 'the end';
my $both = $pc->get('/a', {Range => 'bytes=0-5, 12-17'});
is $both->status, 206, 'two parts';
like $both->header('content-type'), qr{^multipart/byteranges; boundary=}, 'are multipart';
like $both->body, qr/00000;.*00002;/s, 'with both';
is $both->header('content-length'), length $both->body, 'and their length';
is $pc->get('/a', {Range => 'bytes=99999999-'})->status, 416, 'beyond the end';
is $pc->get('/a', {Range => 'bytes=0-5', 'If-Range' => '"v2"'})->status, 200, 'If-Range that does not match gets the whole';
is $origin->requests, 1, 'one fetch';

done_testing;
