# A browser: headless Chromium loads a page with a hundred images over one HTTP/2 connection, through the cache.
use lib 't/lib';
use Proxycache;
use Certificates;
use Browser;

plan(skip_all => 'no Chromium is installed (Debian: chromium-headless-shell)') unless Browser::find();
my $images = 100;
my $gif    = pack 'H*', '47494638396101000100800000ff0000ffffff21f90400000000002c00000000010001000002024401003b';
my $page   = join '', '<!DOCTYPE html><title>wait</title><body>', (map { "<img src=/$_.gif>" } 1 .. $images), <<'J';
<script>onload = () => {
    const good = [...document.images].filter(i => i.naturalWidth === 1).length;
    const protocols = new Set(performance.getEntriesByType('resource').map(e => e.nextHopProtocol));
    document.body.textContent = `images ${good} over ${[...protocols]}`;
}</script>
J
my $origin = Origin->new(sub ($request) {
    return [200, {'Content-Type' => 'text/html'}, $page] if $request->target eq '/';
    return [200, {'Content-Type' => 'image/gif', 'Cache-Control' => 'max-age=60'}, $gif] if $request->target =~ /gif$/;
    return [404, {}, ''];
});
my $certs = Certificates->new->make('a.test');
my $pc    = Proxycache->start(origin => $origin, http => <<"H");
    proxy_cache_path %%prefix%%/cache keys_zone=z:1m;
    log_format f '\$connection \$request \$status'; access_log logs/f.log f;
    server { listen %%listen%% ssl; server_name a.test; http2 on; @{[$certs->lines('a.test')]}
        location / { proxy_pass http://%%origin%%; proxy_cache z; } }
H
for my $round ('misses', 'hits') {
    like(Browser::open('https://a.test:' . $pc->port('listen') . '/', '--virtual-time-budget=20000')->dom, qr/images $images over h2</, $round);
}
my @lines = grep { / HTTP\/2\.0 200$/ } split /\n/, $pc->read_file('logs/f.log');
my %connections = map { /^(\d+) GET \/\d+\.gif / ? ($1 => 1) : () } @lines;
is scalar(grep { /\.gif/ } @lines), 2 * $images, 'all are in the log';
cmp_ok scalar(keys %connections), '<=', 2, 'on one connection each time';
is scalar(grep { $_->target =~ /gif/ } map { $origin->request($_) } 0 .. $origin->requests - 1), $images, 'the origin was asked once for each';
done_testing;
