# RFC 9111 section 4.2.3: Age received from upstream is part of ours, and of how long the response lives.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {'Cache-Control' => 'max-age=100', Age => 40}, 'old'] });
my $pc     = Proxycache->start(origin => $origin, http => 'proxy_cache_path cache keys_zone=one:1m;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
E

$pc->get('/a');
my $hit = $pc->get('/a');
is $hit->header('x-cache'), 'HIT', 'stored';
cmp_ok $hit->header('age'), '>=', 40, 'Age starts at what it was';
my ($ttl) = $hit->header('cache-status') =~ /ttl=(\d+)/;
cmp_ok $ttl, '<=', 60, 'and is taken off the lifetime';

done_testing;
