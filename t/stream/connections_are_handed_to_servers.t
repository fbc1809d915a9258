# pass: a connection goes to the server of this process, of http or stream, that listens on that address, as if it had come
# there; what was preread is still in it.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(conf => <<'E');
    http { server { listen %%listen_http%%; access_log off; location / { return 200 "http $remote_addr $server_port"; } } }
    stream {
        map $ssl_preread_protocol $to { "" %%listen_http%%; default %%listen_text%%; }
        server { listen %%listen%%; ssl_preread on; pass $to; }
        server { listen %%listen_text%%; return "stream $server_port"; }
        server { listen %%listen_nobody%%; pass %%dead%%; }
    }
E
is $pc->get('/')->body, 'http 127.0.0.1 ' . $pc->port('listen_http'), 'to a server of http';
my $client = $pc->connect;
$client->write(pack('C n n', 22, 0x0301, 47) . "\1\0\0\x2b" . pack('n a32 C n n C C n', 0x0303, 'r', 0, 2, 0x1301, 1, 0, 0));
like $client->read_until($pc->port('listen_text')), qr/^stream \d+$/, 'to another of stream';
ok $pc->connect('listen_nobody')->closed, 'to nobody: closed';
ok $pc->wait_log(qr/nobody listens on "\Q@{[$pc->address('dead')]}\E" to pass the connection to/), 'and told';
done_testing;
