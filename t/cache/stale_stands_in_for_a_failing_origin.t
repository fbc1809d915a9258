# A stale response is given when the origin fails (RFC 9111 section 4.2.4, RFC 5861 section 4), unless it forbids that.
use lib 't/lib';
use Proxycache;

my $n      = 0;
my $origin = Origin->new(sub ($request) {
    return [500, {}, 'broken'] if $n++ >= 4;
    my %control = ('/must' => 'max-age=0, must-revalidate', '/off/named' => 'max-age=0, stale-if-error=60');
    [200, {'Cache-Control' => $control{$request->path} // 'max-age=0', ETag => '"a"'}, 'stored'];
});
my $pc = Proxycache->start(origin => $origin, http => 'proxy_cache_path cache keys_zone=one:1m;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
    location /off/ { proxy_pass http://%%origin%%; proxy_cache one; proxy_cache_use_stale off; }
E

$pc->get($_) for '/a', '/must', '/off/a', '/off/named';
my $stale = $pc->get('/a');
is $stale->status, 200, 'the stored response stands in';
is $stale->body, 'stored', 'with its body';
is $stale->header('x-cache'), 'STALE', 'and says so';
like $stale->header('cache-status'), qr/fwd=stale; fwd-status=500.*detail=origin-status/, 'with the reason';
is $pc->get('/must')->status, 500, 'must-revalidate forbids it';
is $pc->get('/off/a')->status, 500, 'proxy_cache_use_stale off too';
is $pc->get('/off/named')->status, 200, 'but not what the response itself names';
is $pc->get('/a', {'Cache-Control' => 'no-cache'})->status, 500, 'nor is it given to who asks for no-cache';
done_testing;
