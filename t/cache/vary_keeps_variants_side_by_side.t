# RFC 9111 section 4.1: a response that varies is served only to requests with the same values.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) {
    [200, {'Cache-Control' => 'max-age=60', Vary => 'Accept-Language'}, 'in ' . ($request->header('accept-language') // 'none')]
});
my $pc = Proxycache->start(origin => $origin, workers => 4, http => 'proxy_cache_path cache keys_zone=one:1m;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
E

for my $name (qw(de en)) {
    is $pc->get('/a', {'Accept-Language' => $name})->body, "in $name", "$name is fetched";
}
for my $name (qw(de en)) {
    my $response = $pc->get('/a', {'Accept-Language' => $name});
    is $response->body, "in $name", "$name is its own variant";
    is $response->header('x-cache'), 'HIT', "$name is a hit";
}
like $pc->get('/a')->header('cache-status'), qr/fwd=vary-miss/, 'another value is a miss for want of a variant';
is $origin->requests, 3, 'one fetch a variant';

done_testing;
