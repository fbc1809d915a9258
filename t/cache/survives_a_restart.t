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

my @paths = ('/a', '/b', '/large', '/purged');
$pc->get($_) for @paths;
$pc->get('/vary', {'Accept-Language' => $_}) for 'de', 'fr';
is $pc->request(POST => '/purged', {}, 'x')->status, 200, 'a POST removes one';

$pc->stop;
ok $pc->launch, 'it starts again';

for my $path ('/a', '/b', '/large') {
    wait_until(sub { $pc->get($path)->header('x-cache') eq 'HIT' });
    is $pc->get($path)->body, $path eq '/large' ? $path x 100_000 : $path, "$path is right";
}
for my $language ('de', 'fr') {
    my $response = $pc->get('/vary', {'Accept-Language' => $language});
    is $response->header('x-cache'), 'HIT', "the $language variant is there";
    is $response->body, "in $language", 'and is the right one';
}
isnt $pc->get('/purged')->header('x-cache'), 'HIT', 'what was purged is gone';

done_testing;
