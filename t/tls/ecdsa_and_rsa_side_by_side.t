# A server with certificates of two kinds gives each client the one it can check.
use lib 't/lib';
use Proxycache;
use Certificates;

my $certs = Certificates->new->make('ecdsa')->make('rsa', rsa => 1);
my $pc = Proxycache->start(http => <<"E");
    server {
        listen %%listen%% ssl;
        @{[$certs->lines('ecdsa')]}
        @{[$certs->lines('rsa')]}
        location / { return 200 "\$ssl_cipher"; }
    }
E
my $ask = "GET / HTTP/1.0\r\n\r\n";
like s_client($pc->address, $ask, '-tls1_2', '-sigalgs', 'ECDSA+SHA256'),
    qr/CN ?= ?ecdsa.*ECDHE-ECDSA-AES\d+-GCM-SHA\d+\z/s, 'an ECDSA client';
like s_client($pc->address, $ask, '-tls1_2', '-cipher', 'aRSA'), qr/CN ?= ?rsa.*ECDHE-RSA-AES\d+-GCM-SHA\d+\z/s,
    'an RSA client';
like s_client($pc->address, $ask, '-tls1_3', '-sigalgs', 'RSA-PSS+SHA256:RSA+SHA256'), qr/CN ?= ?rsa/, 'RSA in TLS 1.3';
like s_client($pc->address, $ask, '-tls1_3'), qr/CN ?= ?ecdsa/, 'ECDSA in TLS 1.3';
done_testing;
