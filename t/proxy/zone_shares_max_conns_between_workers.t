# zone: max_conns counts the requests of all workers together, and a killed worker's requests count no more.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) {
    $request->target eq '/hold' ? {raw => [[wait => 'go'], "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"]} : [200, {}, 'free'];
});
my $pc = Proxycache->start(origin => $origin, workers => 4, expect => qr{exited on signal 9}, http => <<'H', server => <<'E');
upstream back { zone back 64k; server %%origin%% max_conns=2; }
H
    location / { proxy_pass http://back; add_header X-Pid $pid always; }
E
my @held = map { my $c = $pc->connect; $c->request(GET => '/hold'); $c } 1 .. 2;
$origin->wait_held('go', 2);
my %pids;
for (1 .. 40) {
    my $response = $pc->get('/free');
    is $response->status, 503, 'full for every worker' if !$pids{$response->header('x-pid')}++;
}
cmp_ok scalar(keys %pids), '>=', 2, 'at least two workers were asked';
$pc->signal('KILL', $_) for $pc->workers;
ok $pc->wait_for(sub { (eval { $pc->get('/free')->status } // 0) == 200 }), 'what the dead workers held is free';
done_testing;
