# HEAD is answered from a stored GET. One that misses is asked as GET and stored, unless proxy_cache_convert_head is off;
# then what it says is held against what is stored (RFC 9111 section 4.3.5).
use lib 't/lib';
use Proxycache;

my $n      = 0;
my $origin = Origin->new(sub ($request) {
    $n++;
    [200, {'Cache-Control' => 'max-age=60', ETag => qq("$n"), 'X-Method' => $request->method}, 'twelve bytes'];
});
my $pc = Proxycache->start(origin => $origin, http => 'proxy_cache_path cache keys_zone=one:1m;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
    location /off/ { proxy_pass http://%%origin%%; proxy_cache one; proxy_cache_convert_head off; }
E

my $miss = $pc->head('/a');
is $miss->header('x-cache'), 'MISS', 'HEAD misses';
is $miss->header('x-method'), 'GET', 'is asked as GET';
is $miss->body, '', 'and answered without a body';
is $pc->get('/a')->header('x-cache'), 'HIT', 'what came is stored';
my $head = $pc->head('/a');
is $head->header('x-cache'), 'HIT', 'HEAD hits what GET stored';
is $head->header('content-length'), 12, 'it tells the length';
is $head->body, '', 'and has no body';

is $pc->head('/off/a')->header('x-method'), 'HEAD', 'off: HEAD is passed on';
is $pc->get('/off/a')->header('x-cache'), 'MISS', 'and stores nothing';
is $pc->head('/off/a', {'Cache-Control' => 'no-cache'})->header('x-method'), 'HEAD', 'a HEAD that may not be answered from it';
is $pc->get('/off/a')->header('x-cache'), 'MISS', 'removes what its ETag says is old';

done_testing;
