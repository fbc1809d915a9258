# A name that does not resolve: a warning at start, 502 (503 from a block without any peer), and other peers serve.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, 'ok'] });
my $pc = Proxycache->start(origin => $origin, http => <<'H', server => <<'E');
upstream mixed { server no-such-host.invalid; server %%origin%%; }
upstream lost  { server no-such-host.invalid; }
H
    resolver_timeout 2s;
    location /plain { proxy_pass http://no-such-host.invalid; }
    location /mixed { proxy_pass http://mixed; }
    location /lost  { proxy_pass http://lost; }
    location /var   { set $h no-such-host.invalid; proxy_pass http://$h; }
    location /local { set $h localhost; proxy_pass http://$h:$arg_port; }
E
like $pc->stderr . $pc->error_log, qr/\[warn\].*no-such-host\.invalid/, 'a warning';
is $pc->get('/mixed')->body, 'ok', 'the other peer serves' for 1 .. 3;
is $pc->get('/plain')->status, 502, 'a plain host';
is $pc->get('/var')->status, 502, 'a host in a variable';
is $pc->get('/lost')->status, 503, 'a block without a peer';
my ($port) = $origin->address =~ /:(\d+)$/;
is $pc->get("/local?port=$port")->body, 'ok', 'a name in a variable that resolves';
done_testing;
