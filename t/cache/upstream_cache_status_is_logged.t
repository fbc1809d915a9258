# $upstream_cache_status tells MISS, HIT and BYPASS.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {'Cache-Control' => 'max-age=60'}, 'body'] });
my $pc     = Proxycache->start(origin => $origin, http => <<'H', server => <<'E');
    proxy_cache_path cache keys_zone=one:1m;
    log_format cache '$request_uri $upstream_cache_status';
H
    access_log logs/cache.log cache;
    location / { proxy_pass http://%%origin%%; proxy_cache one; proxy_cache_key $uri; proxy_cache_bypass $arg_bypass; }
    location /plain { proxy_pass http://%%origin%%; }
E

$pc->get($_) for qw(/a /a /a?bypass=1 /plain);
ok $pc->wait_for(sub { $pc->read_file('logs/cache.log') =~ m{/plain -\n} }, 5), 'without a cache it is -';
like $pc->read_file('logs/cache.log'), qr{^/a MISS\n/a HIT\n/a\?bypass=1 BYPASS\n}, 'one word each';

done_testing;
