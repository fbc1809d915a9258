# An object that is only on the disk is validated with the origin, also in the background; a 304 changes its head, its body is not written again.
use lib 't/lib';
use Proxycache;

my $size   = 6_000_000;
my $origin = Origin->new(sub ($request) {
    my $asked = $request->header('if-none-match') // '';
    my $head  = "Content-Type: text/x\r\nETag: \"one\"\r\nSurrogate-Key: group\r\nX-Count: " . $request->number . "\r\n";
    my $stale = $request->path =~ /background/ ? "Cache-Control: max-age=50, stale-while-revalidate=1000\r\nAge: 100\r\n" : "Cache-Control: max-age=0\r\n";
    return {raw => ["HTTP/1.1 304 Not Modified\r\nCache-Control: max-age=600\r\n$head\r\n"]} if $asked eq '"one"';
    {raw => ["HTTP/1.1 200 OK\r\n$stale${head}Content-Length: $size\r\n\r\n", [bytes => $size]]}
});
my $http = 'proxy_cache_path cache keys_zone=one:1m memory=1m max_size=128m;';
my $pc = Proxycache->start(origin => $origin, workers => 2, http => $http, server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
    location /purge { proxy_cache one; proxy_cache_purge PURGE; }
E
$pc->wait_log(qr{loaded, \d+ objects});    # the store is in use
my $used = sub { (stat $pc->path('cache/regions'))[12] * 512 };

for my $path ('/front', '/background') {
    my $body = $pc->get($path)->body;
    is length $body, $size, "$path is fetched";
    my ($again, $before);
    my $asked = $origin->requests;
    ok wait_until(sub { $again = $pc->get($path); $again->header('x-cache') =~ /REVALIDATED|STALE|UPDATING/ }), 'it is stored, and stale';
    is $again->header('x-cache'), $path eq '/front' ? 'REVALIDATED' : 'STALE', 'it is validated ' . ($path eq '/front' ? 'first' : 'in the background');
    ok $again->body eq $body, 'the client gets what is stored';
    my $hit;
    ok wait_until(sub { $hit = $pc->get($path); $hit->header('x-cache') eq 'HIT' }), 'then it is fresh again';
    ok $hit->body eq $body, 'and whole';
    is $hit->header('content-type'), 'text/x', 'with its fields';
    is $origin->request->header('if-none-match'), '"one"', 'the origin was asked on a condition';
    is $hit->header('x-count'), $origin->request->number, 'the 304 changed what is stored';
}
is $origin->requests, 4, 'no body was fetched twice';
cmp_ok $used->(), '<', 3 * $size, 'nor written twice';

$pc->stop;
ok $pc->launch, 'after a restart';
wait_until(sub { my @loaded = $pc->error_log =~ /loaded, \d+ objects/g; @loaded == 2 });
my $hit = $pc->get('/front');
is $hit->header('x-cache'), 'HIT', 'it is there as the 304 left it';
is $hit->body_length, $size, 'whole';
is $pc->request(PURGE => '/purge', {'Surrogate-Key' => 'group'})->status, 200, 'its tag is purged';
isnt $pc->get('/front')->header('x-cache'), 'HIT', 'and it is gone';

done_testing;
