# What was stored is there after a stop and a start: responses, variants, and what was purged stays away.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) {
    my %fields = ('Cache-Control' => 'max-age=600');
    if ($request->path =~ /vary/) {
        $fields{Vary} = 'Accept-Language';
        return [200, \%fields, 'in ' . ($request->header('accept-language') // 'none')];
    }
    [200, \%fields, $request->path =~ /large/ ? $request->path x 100_000 : $request->path];
});
my $pc = Proxycache->start(origin => $origin, workers => 4, http => 'proxy_cache_path cache keys_zone=one:1m max_size=64m;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
E

$pc->wait_log(qr{loaded, \d+ objects});    # the store is in use
my @paths = ('/a', '/b', '/large', '/purged');
$pc->get($_) for @paths;
$pc->get('/vary', {'Accept-Language' => $_}) for 'de', 'fr';
is $pc->request(POST => '/purged', {}, 'x')->status, 200, 'a POST removes one';

$pc->stop;
ok $pc->launch, 'it starts again';
wait_until(sub { my @loaded = $pc->error_log =~ /loaded, \d+ objects/g; @loaded == 2 });

for my $path ('/a', '/b', '/large') {
    my $response = $pc->get($path);
    is $response->header('x-cache'), 'HIT', "$path is there";
    is $response->body, $path eq '/large' ? $path x 100_000 : $path, 'and right';
}
for my $language ('de', 'fr') {
    my $response = $pc->get('/vary', {'Accept-Language' => $language});
    is $response->header('x-cache'), 'HIT', "the $language variant is there";
    is $response->body, "in $language", 'and is the right one';
}
isnt $pc->get('/purged')->header('x-cache'), 'HIT', 'what was purged is gone';

done_testing;
