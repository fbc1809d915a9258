# RFC 9111 section 4.3.4: an origin that was given W/"x" and says 304 with "x" means what is stored, which stays weakly tagged.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(
    sub ($request) {
        my $tags   = $request->header('if-none-match') // '';
        my $fields = {'Cache-Control' => 'max-age=600', Vary => 'Accept-Language'};
        return [304, {%$fields, ETag => '"x"'}, ''] if $tags =~ /"x"/;
        [200, {%$fields, ETag => 'W/"x"'}, 'the body'];
    }
);
my $pc = Proxycache->start(origin => $origin, http => 'proxy_cache_path cache keys_zone=one:1m;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
E

is $pc->get('/a', {'Accept-Language' => 'de'})->body, 'the body', 'stored for one language';
my $other = $pc->get('/a', {'Accept-Language' => 'en'});
is $other->status, 200, 'another is validated by a strong tag';
is $other->body, 'the body', 'and given the body';
is $other->header('etag'), 'W/"x"', 'whose tag stays weak';
is $pc->get('/a', {'Accept-Language' => 'en'})->header('etag'), 'W/"x"', 'also in the cache';
done_testing;
