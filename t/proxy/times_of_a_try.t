# proxy_connect_timeout, proxy_send_timeout, proxy_read_timeout: each ends its step with a 504 and says which.
use lib 't/lib';
use Proxycache;
use IO::Socket::INET;

# A socket whose queue is full: a further connect is not answered.
my $full = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1') or die $!;
listen $full, 0;
my @waiting = map {
    my $socket = IO::Socket::INET->new(Proto => 'tcp', Blocking => 0, PeerAddr => '127.0.0.1', PeerPort => $full->sockport);
} 1 .. 3;
my $deaf = Origin->new(sub ($request) { {raw => [['stall']]} }, at => 'head', rcvbuf => 4096);
my $mute = Origin->new(sub ($request) { {raw => [['stall']]} });
my $pc = Proxycache->start(full => '127.0.0.1:' . $full->sockport, deaf => $deaf, mute => $mute, server => <<'E');
    client_max_body_size 0;
    proxy_request_buffering off;
    location /connect { proxy_connect_timeout 200ms; proxy_pass http://%%full%%; }
    location /send    { proxy_send_timeout 200ms; proxy_pass http://%%deaf%%; }
    location /read    { proxy_read_timeout 200ms; proxy_pass http://%%mute%%; }
E
is $pc->get('/connect')->status, 504, 'connect';
like $pc->error_log, qr/timed out\b.* while connecting to upstream/, 'is told';
is $pc->get('/read')->status, 504, 'read';
like $pc->error_log, qr/timed out\b.* while reading response header from upstream/, 'is told';
my $client = $pc->connect;
$client->write("POST /send HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n");
my $sender = background(sub { local $SIG{PIPE} = 'IGNORE'; eval { $client->write('x' x 1_000_000) for 1 .. 100 }; 1 });
is $client->read_response->status, 504, 'send';
like $pc->error_log, qr/timed out\b.* while sending request to upstream/, 'is told';
$client->close;
$sender->result;
done_testing;
