# What nobody asked for during `inactive` is gone, although it is fresh.
use lib 't/lib';
use Proxycache;

my $n      = 0;
my $origin = Origin->new(sub ($request) { $n++; [200, {'Cache-Control' => 'max-age=600'}, "version $n"] });
my $pc     = Proxycache->start(origin => $origin, http => 'proxy_cache_path cache keys_zone=one:1m inactive=1s;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
E

is $pc->get('/a')->body, 'version 1', 'stored';
my $start = time;
wait_until(sub { time > $start + 2 }, 10);
my $again = $pc->get('/a');
is $again->header('x-cache'), 'MISS', 'gone';
is $again->body, 'version 2', 'fetched again';

done_testing;
