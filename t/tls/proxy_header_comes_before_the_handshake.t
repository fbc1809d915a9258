# listen ... ssl proxy_protocol: the PROXY header stands in front of the ClientHello; without one there is no handshake.
use lib 't/lib';
use Proxycache;
use Certificates;

my $certs = Certificates->new->make('one.test');
my $pc = Proxycache->start(http => <<"E");
    server {
        listen %%listen%% ssl proxy_protocol;
        @{[$certs->lines('one.test')]}
        return 200 "\$scheme \$proxy_protocol_addr \$ssl_server_name";
    }
E
my $port = $pc->port('listen');
my @to = ('--cacert', $certs->cert('ca'), '--resolve', "one.test:$port:127.0.0.1");
is curl(@to, '--haproxy-protocol', "https://one.test:$port/"), 'https 127.0.0.1 one.test', 'the header, then TLS';
is curl(@to, '-w', '%{http_code}', "https://one.test:$port/"), '000', 'a ClientHello is no header';
ok $pc->wait_log(qr/broken header: it does not begin as one while reading the PROXY protocol header/), 'and is logged';
done_testing;
