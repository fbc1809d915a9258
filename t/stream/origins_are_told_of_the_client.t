# proxy_protocol on: the origin hears of the client first; proxy_bind: and from which of our addresses.
use lib 't/lib';
use Proxycache;
use TcpOrigin;

my $origin = TcpOrigin->new;
my $pc     = Proxycache->start(origin => $origin, conf => <<'E');
    stream {
        proxy_protocol on;
        server { listen %%listen%%; proxy_pass %%origin%%; }
        server { listen %%listen_proxied%% proxy_protocol; set_real_ip_from 127.0.0.1; proxy_pass %%origin%%; proxy_bind 127.0.0.2; }
        server { listen %%listen_off%%; proxy_pass %%origin%%; proxy_protocol off; proxy_bind $remote_addr; }
    }
E
my $client = $pc->connect;
my $server = $origin->accept;
my $from   = $client->local_port;
my $to     = $pc->port;
is $server->read_until("\r\n"), "PROXY TCP4 127.0.0.1 127.0.0.1 $from $to\r\n", 'the client, before it says anything';
$client->write('x');
is $server->read_bytes(1), 'x', 'and then what it says';

$client = $pc->connect('listen_proxied');
$client->write("PROXY TCP4 192.0.2.1 192.0.2.2 5000 80\r\nfirst");
$server = $origin->accept;
is $server->socket->peerhost, '127.0.0.2', 'proxy_bind';
is $server->read_until("\r\n"), "PROXY TCP4 192.0.2.1 127.0.0.1 5000 " . $pc->port('listen_proxied') . "\r\n", 'who the client really is';
is $server->read_bytes(5), 'first', 'what came with the header is not lost';

$client = $pc->connect('listen_off');
$server = $origin->accept;
is $server->socket->peerhost, '127.0.0.1', 'proxy_bind with a variable';
$client->write('plain');
is $server->read_bytes(5), 'plain', 'off: no header';
done_testing;
