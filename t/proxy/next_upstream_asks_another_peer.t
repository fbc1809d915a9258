# proxy_next_upstream: after an error or a named status another peer is asked; a POST only with non_idempotent.
use lib 't/lib';
use Proxycache;

my $bad  = Origin->new(sub ($request) { $request->target =~ /status/ ? [503, {}, 'bad'] : {raw => [['close']]} });
my $good = Origin->new(sub ($request) { [200, {}, 'good'] });
my $pc   = Proxycache->start(bad => $bad, good => $good, http => <<'H', server => <<'E');
upstream both { server %%bad%% weight=1000 max_fails=0; server %%good%% weight=1; keepalive 0; }
log_format tries "$upstream_addr|$upstream_status";
H
    access_log logs/tries.log tries;
    location /         { proxy_pass http://both; }
    location /status   { proxy_pass http://both; proxy_next_upstream http_503; }
    location /off      { proxy_pass http://both; proxy_next_upstream off; }
    location /repeat   { proxy_pass http://both; proxy_next_upstream error non_idempotent; }
    location /tries    { proxy_pass http://both; proxy_next_upstream_tries 1; }
E
is $pc->get('/')->body, 'good', 'GET after an error';
is $pc->get('/status')->body, 'good', 'GET after 503';
is $pc->get('/off')->status, 502, 'off';
is $pc->get('/tries')->status, 502, 'one try only';
is $pc->post('/', 'x')->status, 502, 'POST is not repeated';
is $pc->post('/repeat', 'x')->body, 'good', 'POST with non_idempotent';
my ($b, $g) = ($bad->address, $good->address);
ok $pc->wait_for(sub { $pc->read_file('logs/tries.log') =~ /^\Q$b, $g|502, 200\E$/m }), 'both tries are logged';
done_testing;
