# RFC 9111 sections 4.3.1 and 4.3.4: a request that no variant matches is asked with the tags of all, and the 304 says which it is.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(
    sub ($request) {
        my $language = $request->header('accept-language') // '';
        my $tags     = $request->header('if-none-match') // '';
        my $tag      = $language =~ /^de/ ? '"de"' : '"en"';
        my $fields   = {'Cache-Control' => 'max-age=600', ETag => $tag, Vary => 'Accept-Language', 'X-Asked' => $tags};
        return [304, $fields, ''] if index($tags, $tag) >= 0;
        [200, $fields, "body $tag"];
    }
);
my $pc = Proxycache->start(origin => $origin, workers => 2, http => 'proxy_cache_path cache keys_zone=one:1m;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
    location /off/ { proxy_pass http://%%origin%%; proxy_cache one; proxy_cache_revalidate off; }
E

sub ask ($path, $language) { $pc->get($path, {'Accept-Language' => $language}) }

is ask('/a', 'de')->body, 'body "de"', 'one variant';
is ask('/a', 'en')->body, 'body "en"', 'another';
my $third = ask('/a', 'de-AT');
is $third->status, 200, 'a third request';
like $third->header('x-asked'), qr/"de"/, 'is asked with the tag of one';
like $third->header('x-asked'), qr/"en"/, 'and of the other';
is $third->body, 'body "de"', 'the 304 names the one that is given';
is $third->header('x-cache'), 'REVALIDATED', 'as validated';
like $third->header('cache-status'), qr/fwd=vary-miss; fwd-status=304/, 'Cache-Status says how';
my $hit = ask('/a', 'de-AT');
is $hit->header('x-cache'), 'HIT', 'and stored for such requests';
is $hit->body, 'body "de"', 'whole';
is ask('/a', 'en')->body, 'body "en"', 'the others are as they were';

# RFC 9111 section 4.4: an unsafe request invalidates them all.
$pc->post('/a', 'x');
is ask('/a', 'fr')->header('x-asked'), '', 'what was invalidated is not asked about';

ask('/off/a', 'de');
is ask('/off/a', 'fr')->header('x-asked'), '', 'proxy_cache_revalidate off asks for the whole';
done_testing;
