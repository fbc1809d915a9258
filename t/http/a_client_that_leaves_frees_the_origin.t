# A client that goes away while the origin thinks: the origin's connection is closed and 499 logged; in the middle of the answer it is
# closed too. With proxy_ignore_client_abort on the origin is heard to the end.
use lib 't/lib';
use Proxycache;
use IO::Socket::IP;

my $listener = IO::Socket::IP->new(LocalHost => '127.0.0.1', LocalPort => 0, Listen => 8) or die $@;
my $pc = Proxycache->start(origin => '127.0.0.1:' . $listener->sockport, http => 'log_format s "$uri $status";', server => <<'E');
    access_log logs/s.log s;
    location /        { proxy_pass http://%%origin%%; }
    location /through { proxy_pass http://%%origin%%; proxy_buffering off; }
    location /ignore  { proxy_pass http://%%origin%%; proxy_ignore_client_abort on; }
E
sub begin ($path) {
    my $client = $pc->connect;
    $client->request('GET', $path);
    my $socket = $listener->accept;
    $socket->blocking(0);
    my $origin = bless {socket => $socket, in => '', methods => [], timeout => 10}, 'Client';
    $origin->read_until("\r\n\r\n");
    return ($client, $origin);
}
for my $how (qw(close reset)) {
    my ($client, $origin) = begin("/$how");
    $client->$how;
    ok $origin->closed, "$how before the answer: the origin is let go";
    ok $pc->wait_for(sub { $pc->read_file('logs/s.log') =~ m{^/$how 499$}m }), 'and 499 is logged';
    for my $path ("/middle/$how", "/through/$how") {
        ($client, $origin) = begin($path);
        $origin->write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
        is $client->read_head->status, 200, "$path: answered";
        is $client->read_bytes(5), 'hello', 'in part';
        $client->$how;
        ok $origin->closed, "$how within the answer: the origin is let go";
    }
}
my ($client, $origin) = begin('/ignore');
$client->close;
ok !$origin->closed(0.3), 'proxy_ignore_client_abort: the origin is not let go';
$origin->write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
ok $pc->wait_for(sub { $pc->read_file('logs/s.log') =~ m{^/ignore }m }), 'until it has answered';
done_testing;
