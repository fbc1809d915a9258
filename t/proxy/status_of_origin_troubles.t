# 502 for an origin that refuses, closes or talks nonsense, 504 for one that is silent, 503 when no peer is live.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) {
    return {raw => [['close']]}                           if $request->target eq '/close';
    return {raw => ["HTTP/1.1 200 OK\r\nX: ", ['close']]} if $request->target eq '/half';
    return {raw => ["nonsense\r\n\r\n"]}                  if $request->target eq '/nonsense';
    return {raw => [['stall']]}                           if $request->target eq '/silent';
    return {raw => ["HTTP/1.1 200 OK\r\nX: " . ('x' x 5000) . "\r\nContent-Length: 0\r\n\r\n"]} if $request->target eq '/big';
    return [200, {}, 'ok'];
});
my $pc = Proxycache->start(origin => $origin, http => <<'H', server => <<'E');
upstream none { server %%origin%% down; server 127.0.0.1:1 down; }
H
    proxy_read_timeout 200ms;
    location /          { proxy_pass http://%%origin%%; }
    location /dead      { proxy_pass http://%%dead%%; }
    location /none      { proxy_pass http://none; }
E
is $pc->get('/dead')->status, 502, 'refused';
is $pc->get('/close')->status, 502, 'closed without a word';
is $pc->get('/half')->status, 502, 'closed inside the head';
is $pc->get('/nonsense')->status, 502, 'not HTTP';
is $pc->get('/big')->status, 502, 'a head larger than proxy_buffer_size';
is $pc->get('/silent')->status, 504, 'silent';
is $pc->get('/none')->status, 503, 'no live peer';
is $pc->get('/fine')->status, 200, 'and all is well again';
like $pc->error_log, qr/connect\(\) failed \(111: Connection refused\) while connecting to upstream, client: 127\.0\.0\.1/, 'logged as nginx does';
like $pc->error_log, qr/no live upstreams while connecting to upstream/, 'no live upstreams';
done_testing;
