# RFC 9111 section 4.3: what is stored and stale is asked for with its validators; a 304 makes it fresh again.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) {
    my $tag = $request->header('if-none-match') // '';
    return [304, {'Cache-Control' => 'max-age=60', ETag => '"one"', 'X-New' => 'yes', 'X-Asked' => $tag}, ''] if $tag eq '"one"';
    [200, {'Cache-Control' => 'max-age=0', ETag => '"one"', 'X-New' => 'no', 'X-Asked' => $tag, 'Content-Type' => 'text/x'}, 'body one'];
});
my $pc = Proxycache->start(origin => $origin, http => 'proxy_cache_path cache keys_zone=one:1m;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
    location /off/ { proxy_pass http://%%origin%%; proxy_cache one; proxy_cache_revalidate off; }
E

is $pc->get('/a')->body, 'body one', 'stored although it is stale on arrival';
my $again = $pc->get('/a', {'If-None-Match' => '"client"'});
is $again->header('x-asked'), '"one"', 'our validator, not the client\'s';
is $again->status, 200, 'the client gets a response, not the 304';
is $again->body, 'body one', 'with the stored body';
is $again->header('x-cache'), 'REVALIDATED', 'it was validated';
is $again->header('x-new'), 'yes', 'fields of the 304 take the place of stored ones';
is $again->header('content-type'), 'text/x', 'those it does not name stay';
like $again->header('cache-status'), qr/fwd=stale; fwd-status=304/, 'Cache-Status says so';
my $hit = $pc->get('/a');
is $hit->header('x-cache'), 'HIT', 'it is fresh again';
is $hit->body, 'body one', 'and whole';
is $hit->header('x-new'), 'yes', 'as the 304 made it';
is $pc->get('/a', {'If-None-Match' => '"one"'})->status, 304, 'a client\'s condition is answered from it';

is $pc->get('/off/a')->header('x-asked'), '', 'proxy_cache_revalidate off asks for the whole' for 1, 2;
done_testing;
