# proxy_next_upstream_timeout: once it is over no further origin is asked.
use lib 't/lib';
use Proxycache;

my $mute = Origin->new(sub ($request) { {raw => [['stall']]} });
my $good = Origin->new(sub ($request) { [200, {}, 'good'] });
my $pc = Proxycache->start(mute => $mute, good => $good, http => <<'H', server => <<'E');
    upstream both { server %%mute%% weight=100 max_fails=0; server %%good%% backup; }
    proxy_read_timeout 300ms;
H
    location / { proxy_pass http://both; }
    location /short { proxy_next_upstream_timeout 100ms; proxy_pass http://both; }
    location /long  { proxy_next_upstream_timeout 60s; proxy_pass http://both; }
E
is $pc->get('/')->body, 'good', '0, the default: the other is asked';
is $pc->get('/long')->body, 'good', 'in time';
is $pc->get('/short')->status, 504, 'too late';
is $good->requests, 2, 'the other was not asked';
done_testing;
