# GET /explain tells why the last response of a URL was not stored, whichever worker had it and under any key.
use lib 't/lib';
use Proxycache;
use Control;

my %answer = (
    '/private'     => {'Cache-Control' => 'private'},
    '/no-store'    => {'Cache-Control' => 'no-store'},
    '/cookie'      => {'Cache-Control' => 'max-age=60', 'Set-Cookie' => 'a=b'},
    '/nothing'     => {},
    '/key/private' => {'Cache-Control' => 'private'},
);
my $origin = Origin->new(sub ($request) { [200, $answer{$request->path}, 'body'] });
my $pc     = Proxycache->start(
    origin  => $origin,
    workers => 2,
    conf    => 'control unix:run/proxycache.sock;',
    http    => 'proxy_cache_path cache keys_zone=one:1m;',
    server  => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
    location /key/ { proxy_pass http://%%origin%%; proxy_cache one; proxy_cache_key other$uri; proxy_cache_status key; }
E
my $control = Control->new($pc);
my %why     = (
    '/private'     => qr/it said private, and this cache is shared/,
    '/no-store'    => qr/it said no-store/,
    '/cookie'      => qr/it set a cookie/,
    '/nothing'     => qr/neither an explicit lifetime nor a validator/,
    '/key/private' => qr/it said private/,
);
for my $path (sort keys %why) {
    $pc->get($path, {Host => 'a.test'});
    my $explain = $control->get("/explain?url=http://a.test$path");
    is $explain->{status}, 404, "$path is not stored";
    like $explain->{json}{explain}, $why{$path}, 'and why';
    like $explain->{json}{explain}, qr/\d+ s ago with status 200/, 'and when';
}
unlike $control->get('/explain?url=http://a.test/other')->{json}{explain}, qr/ago/, 'nothing is said of what nobody asked for';
unlike $pc->get('/private', {Host => 'a.test'})->header('cache-status'), qr/key=/, 'Cache-Status names no key unless asked to';
like $pc->get('/key/private', {Host => 'a.test'})->header('cache-status'), qr{key="other/key/private"}, 'RFC 9211 section 2.8: the key';
done_testing;
