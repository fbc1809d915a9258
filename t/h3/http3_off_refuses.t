# http3 off: handshakes for that server are refused, whatever the default server of the address says.
use lib 't/lib';
use Proxycache;
use Certificates;
use Http3;

if (my $why = h3_missing(Proxycache::binary())) { plan(skip_all => $why) }
my $certs = Certificates->new->make('localhost');
my $pc = Proxycache->start(http => <<"E");
    @{[$certs->lines('localhost')]}
    server { listen %%listen%% quic; server_name other.test; http3 off; return 200 other; }
    server { listen %%listen%% quic; server_name localhost; return 200 one; }
    server { listen %%listen_off%% quic; server_name other.test; return 200 other; }
    server { listen %%listen_off%% quic; server_name localhost; http3 off; return 200 off; }
E
is h3($pc->address, '/')->{body}, 'one', 'on by default';
my $refused = h3($pc->address('listen_off'), '/');
is $refused->{status}, 0, 'off: no answer';
like $refused->{log}, qr/no_application_protocol|CRYPTO_ERROR\(0x178\)|0x178/i, 'but an alert: no_application_protocol';
done_testing;
