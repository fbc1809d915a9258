# Requests to an origin share a connection as far as its SETTINGS_MAX_CONCURRENT_STREAMS lets them; more open another (RFC 9113 §5.1.2).
use lib 't/lib';
use Proxycache;
use Http2Origin;
use Http2;

sub held ($request) { {raw => [[head => [':status', 200]], [data => $request->path], [wait => 'go'], ['end']]} }
my $many  = Http2Origin->new(\&held);
my $three = Http2Origin->new(\&held, settings => [MAX_CONCURRENT_STREAMS, 3]);
my $pc = Proxycache->start(many => $many, three => $three, server => <<'E');
    location /many  { proxy_pass http://%%many%%;  proxy_http_version 2; }
    location /three { proxy_pass http://%%three%%; proxy_http_version 2; }
E
for ([many => $many, 20, 1], [three => $three, 8, 3]) {
    my ($name, $origin, $requests, $connections) = @$_;
    my @clients = map { $pc->connect->request(GET => "/$name/$_") } 1 .. $requests;
    ok $origin->wait_held('go', $requests), "$requests requests are under way ($name)";
    is $origin->connections, $connections, "on $connections connection(s)";
    $origin->release('go');
    is_deeply [map { $_->read_response->body } @clients], [map { "/$name/$_" } 1 .. $requests], 'each gets its own answer';
    is scalar($origin->resets), 0, 'none is refused or reset';
}
is $pc->get('/many/later')->status, 200, 'the idle connection serves again';
is $many->connections, 1, 'and no other is opened';
done_testing;
