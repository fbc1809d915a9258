# What an origin did nothing with goes out again, whatever its method: a stream above GOAWAY's last, REFUSED_STREAM (RFC 9113 §6.8, §8.7).
use lib 't/lib';
use Proxycache;
use Http2Origin;
use Http2;

my %seen;
my $origin = Http2Origin->new(sub ($request) {
    my $again = $seen{$request->path}++;
    my $answer = $request->method . ' ' . $request->body . ' on ' . $request->connection;
    return {raw => [[wait => 'leave'], [head => [':status', 200]], [data => $answer], ['end']]} if $request->path eq '/last';
    return {raw => [[raw => sub ($stream) { Http2::goaway($stream - 2, NO_ERROR) }], ['stall']]} if $request->path eq '/above' && !$again;
    return {raw => [[rst => REFUSED_STREAM]]} if $request->path eq '/refused' && !$again || $request->path eq '/never';
    [200, {}, $answer];
});
my $pc = Proxycache->start(origin => $origin, server => <<'E');
    location /      { proxy_pass http://%%origin%%; proxy_http_version 2; }
    location /flow/ { proxy_pass http://%%origin%%/never; proxy_http_version 2; proxy_request_buffering off; }
E
is $pc->post('/refused', 'x')->body, 'POST x on 1', 'REFUSED_STREAM: asked again, a POST too';
is $pc->get('/never')->status, 502, 'refused again and again: 502';
like $pc->error_log, qr/upstream refused the request/, 'the log says why';

my $first = $pc->connect->request(GET => '/last');
ok $origin->wait_held('leave'), 'a request is under way';
is $pc->post('/above', 'y')->body, 'POST y on 2', 'GOAWAY: the one above it is asked again, elsewhere';
$origin->release('leave');
is $first->read_response->body, 'GET  on 1', 'the one below it is answered where it was';
is $pc->get('/next')->body, 'GET  on 2', 'nothing new goes there';
ok $origin->wait_closed(1), 'and the connection is closed when it is empty';
done_testing;
