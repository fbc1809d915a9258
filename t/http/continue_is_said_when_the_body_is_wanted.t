# RFC 9110 §10.1.1: 100 when the body is read; a final answer instead of it ends the connection.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, 'got ' . $request->body] });
my $pc     = Proxycache->start(origin => $origin, server => <<'E');
    location /    { proxy_pass http://%%origin%%; }
    location /no  { return 403; }
    location /big { client_max_body_size 2; proxy_pass http://%%origin%%; }
E
my $client = $pc->connect;
my $head = sub ($path, $length) { "PUT $path HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: $length\r\n\r\n" };
$client->write($head->('/', 5));
is $client->read_head->status, 100, 'the client may go on';
$client->write('hello');
is $client->read_response(method => 'PUT')->body, 'got hello', 'the body arrives';
$client->write($head->('/', 5) . 'there');
is $client->read_response(method => 'PUT')->body, 'got there', 'a client that does not wait';
for my $case (['/no', 403], ['/big', 413]) {
    my $refused = $pc->connect;
    $refused->write($head->($case->[0], 5));
    my $response = $refused->read_response(method => 'PUT');
    is $response->status, $case->[1], "$case->[0]: refused at once";
    is scalar $response->{interim}->@*, 0, 'without 100';
    ok $refused->closed, 'and closed';
}
done_testing;
