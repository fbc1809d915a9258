# HTTP/2 behind a header of the PROXY protocol, with and without TLS, and on a Unix socket.
use lib 't/lib';
use Proxycache;
use Certificates;
use Http2;
use Http2Client;

my $certs = Certificates->new->make('a.test');
my $pc    = Proxycache->start(http => <<"H");
    http2 on;
    server { listen %%listen%% proxy_protocol; set_real_ip_from 127.0.0.1; real_ip_header proxy_protocol; return 200 "\$http2 \$remote_addr \$proxy_protocol_addr"; }
    server { listen %%listen_tls%% ssl proxy_protocol; @{[$certs->lines('a.test')]} return 200 "\$http2 \$proxy_protocol_addr"; }
    server { listen unix:%%prefix%%/socket; return 200 "\$http2 \$remote_addr"; }
H
my $client = $pc->connect;
$client->write("PROXY TCP4 192.0.2.7 192.0.2.8 1000 80\r\n");
is(Http2Client->new($client)->ask(GET => '/')->body, 'h2c 192.0.2.7 192.0.2.7', 'behind a header');
$client = $pc->connect;
$client->write("PROXY TCP4 192.0.2.7 192.0.2.8 1000 80\r\n");
is $client->ask('GET', '/')->body, ' 192.0.2.7 192.0.2.7', 'HTTP/1.1 there';
is scalar(`curl -sk -m 20 --http2 --haproxy-protocol https://127.0.0.1:@{[$pc->port('listen_tls')]}/`), 'h2 127.0.0.1', 'and over TLS';
my $socket = Client->connect('unix:' . $pc->path('socket'));
is(Http2Client->new($socket)->ask(GET => '/')->body, 'h2c unix:', 'on a Unix socket');
is(Client->connect('unix:' . $pc->path('socket'))->ask('GET', '/')->body, ' unix:', 'HTTP/1.1 there');
done_testing;
