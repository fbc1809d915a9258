# RFC 9111 section 4.3.5: a HEAD response that agrees with what is stored makes it fresh and gives it its fields.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(
    sub ($request) {
        my $head = $request->method eq 'HEAD';
        [200, {'Cache-Control' => $head ? 'max-age=9' : 'max-age=0', ETag => '"one"', 'X-From' => $head ? 'HEAD' : 'body'}, 'b' x 9000];
    }
);
my $pc = Proxycache->start(origin => $origin, http => 'proxy_cache_path cache keys_zone=one:1m;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; proxy_cache_convert_head off; }
E
is $pc->get('/a')->header('x-cache'), 'MISS', 'stored, and stale on arrival';
is $pc->head('/a')->header('x-from'), 'HEAD', 'HEAD is passed on';
my $hit = $pc->get('/a');
is $hit->header('x-cache'), 'HIT', 'what is stored is fresh now';
is $hit->header('x-from'), 'HEAD', 'with the fields of the HEAD response';
is $hit->body, 'b' x 9000, 'and its own body';
is $origin->requests, 2, 'without another fetch';
done_testing;
