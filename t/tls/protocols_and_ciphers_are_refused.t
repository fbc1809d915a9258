# What is not spoken fails in the handshake, for each server by its name.
use lib 't/lib';
use Proxycache;
use Certificates;

my $certs = Certificates->new->make('all.test')->make('new.test')->make('old.test');
my $pc = Proxycache->start(http => <<"E");
    server { listen %%listen%% ssl; server_name all.test; @{[$certs->lines('all.test')]} return 200 "\$ssl_protocol"; }
    server { listen %%listen%% ssl; server_name new.test; @{[$certs->lines('new.test')]} ssl_protocols TLSv1.3;
        ssl_conf_command Ciphersuites TLS_CHACHA20_POLY1305_SHA256; return 200 "\$ssl_cipher"; }
    server { listen %%listen%% ssl; server_name old.test; @{[$certs->lines('old.test')]} ssl_protocols TLSv1.2;
        ssl_ciphers ECDHE-ECDSA-AES256-GCM-SHA384; ssl_ecdh_curve P-384; return 200 "\$ssl_cipher \$ssl_curve"; }
E
sub ask ($name, @arguments) {
    my $text = s_client($pc->address, "GET / HTTP/1.0\r\nHost: $name\r\n\r\n", '-servername', $name, @arguments);
    return $text =~ /\r\n\r\n(.+)\z/s ? $1 : $text =~ /(alert [\w ]+)/ ? $1 : $text;
}
is ask('all.test', '-tls1_2'), 'TLSv1.2', 'TLS 1.2';
is ask('all.test', '-tls1_3'), 'TLSv1.3', 'TLS 1.3';
like ask('all.test', '-tls1_1', '-cipher', 'ALL:@SECLEVEL=0'), qr/alert protocol version/, 'TLS 1.1 is refused';
like ask('all.test', '-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-SHA256'), qr/alert handshake failure/, 'CBC is refused';
like ask('all.test', '-tls1_2', '-cipher', 'AES128-GCM-SHA256'), qr/alert handshake failure/,
    'ciphers without forward secrecy are refused';
like ask('new.test', '-tls1_2'), qr/alert protocol version/, 'a server with TLS 1.3 alone';
is ask('new.test', '-tls1_3'), 'TLS_CHACHA20_POLY1305_SHA256', 'ssl_conf_command';
is ask('old.test'), 'ECDHE-ECDSA-AES256-GCM-SHA384 secp384r1', 'a server with TLS 1.2 alone, one cipher and one curve';
like ask('old.test', '-tls1_3'), qr/alert protocol version/, 'where TLS 1.3 is refused';
like s_client($pc->address, '', '-alpn', 'h2'), qr/alert no application protocol/, 'ALPN without a protocol of ours';
done_testing;
