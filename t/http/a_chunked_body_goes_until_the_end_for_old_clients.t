# HTTP/1.0 knows no chunks, and chunked_transfer_encoding off wants none: the end of the connection ends the body.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { {status => 200, chunked => 1, body => ['one ', 'two ', 'three']} });
my $pc     = Proxycache->start(origin => $origin, server => <<'E');
    location /    { proxy_pass http://%%origin%%; }
    location /off { chunked_transfer_encoding off; proxy_pass http://%%origin%%; }
E
my $new = $pc->get('/');
is $new->header('transfer-encoding'), 'chunked', 'HTTP/1.1: chunked';
is $new->body, 'one two three', 'whole';
my $old = $pc->connect;
$old->write("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
my $response = $old->read_response;
is $response->header('transfer-encoding'), undef, 'HTTP/1.0: not';
is $response->header('connection'), 'close', 'and it ends';
is $response->body, 'one two three', 'whole';
my $off = $pc->get('/off');
is $off->header('transfer-encoding'), undef, 'chunked_transfer_encoding off';
is $off->body, 'one two three', 'whole';
done_testing;
