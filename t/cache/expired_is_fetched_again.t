# When max-age has passed the origin is asked again and the new response takes the old one's place.
use lib 't/lib';
use Proxycache;

my $n      = 0;
my $origin = Origin->new(sub ($request) { $n++; [200, {'Cache-Control' => 'max-age=1'}, "version $n"] });
my $pc     = Proxycache->start(origin => $origin, http => 'proxy_cache_path cache keys_zone=one:1m;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
E

is $pc->get('/a')->body, 'version 1', 'stored';
my $again;
ok wait_until(sub { ($again = $pc->get('/a'))->header('x-cache') eq 'EXPIRED' }, 10), 'it expires';
is $again->body, 'version 2', 'the new response';
like $again->header('cache-status'), qr/fwd=stale/, 'Cache-Status says why the origin was asked';

done_testing;
