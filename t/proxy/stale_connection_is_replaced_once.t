# A pooled connection that the origin closes as the next request arrives: a GET goes out again on a fresh connection,
# and the client sees nothing of it. A POST that may have arrived is not repeated.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) {
    return {raw => [['close']]} if $request->on_connection > 1;
    return [200, {}, 'fresh'];
});
my $pc = Proxycache->start(origin => $origin, server => 'location / { proxy_pass http://%%origin%%; }');
is $pc->get('/')->body, 'fresh', 'the first';
is $pc->get('/')->body, 'fresh', 'the second, repeated on a new connection';
is $origin->connections, 2, 'two connections';
is $pc->post('/', 'x')->status, 502, 'a POST is not repeated';
done_testing;
