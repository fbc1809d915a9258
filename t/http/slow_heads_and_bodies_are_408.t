# client_header_timeout for the whole head, client_body_timeout between two reads; nobody who says nothing is answered.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, $request->body] });
my $pc     = Proxycache->start(origin => $origin, server => <<'E');
    client_header_timeout 300ms; client_body_timeout 300ms;
    location / { proxy_pass http://%%origin%%; }
E
my $head = $pc->connect;
$head->write("GET / HTTP/1.1\r\nHo");
is $head->read_response->status, 408, 'half a head';
ok $head->closed, 'and the connection is closed';

my $dripping = $pc->connect;
$dripping->write("GET / HTTP/1.1\r\nX: ");
wait_until(sub { $dripping->write('x') if $dripping->is_quiet; !$dripping->is_quiet }, 8);
is $dripping->read_response->status, 408, 'a head that keeps growing';

my $body = $pc->connect;
$body->write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
is $body->read_response(method => 'POST')->status, 408, 'half a body';
ok $body->closed, 'and the connection is closed';

my $silent = $pc->connect;
ok $silent->closed, 'a silent connection is closed without an answer';
is $origin->requests, 0, 'the origin saw none of them whole';
done_testing;
