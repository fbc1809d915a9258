# max_fails and fail_timeout: after so many failures a peer is not asked for fail_timeout, then it is tried again.
use lib 't/lib';
use Proxycache;

my $bad  = Origin->new(sub ($request) { $request->header('x-heal') ? [200, {}, 'healed'] : {raw => [['close']]} });
my $good = Origin->new(sub ($request) { [200, {}, 'good'] });
my $pc   = Proxycache->start(bad => $bad, good => $good, http => <<'H', server => 'location / { proxy_pass http://both; }');
upstream both { server %%bad%% max_fails=2 fail_timeout=1s; server %%good%%; keepalive 0; }
H
is $pc->get('/')->body, 'good', "request $_" for 1 .. 10;
is scalar($bad->requests), 2, 'two failures, then it is left alone';
like $pc->error_log, qr/upstream server temporarily disabled/, 'logged';
ok $pc->wait_for(sub { $pc->get('/', {'X-Heal' => 1})->body eq 'healed' }), 'after fail_timeout it is asked again';
done_testing;
