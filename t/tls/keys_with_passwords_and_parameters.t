# Encrypted keys, DHE parameters, whose order of ciphers decides, the size of records, the life of sessions.
use lib 't/lib';
use Proxycache;
use Certificates;

my $certs = Certificates->new->make('one.test')->make('rsa', rsa => 1);
my ($locked, $passwords, $dh) = map { $certs->path($_) } qw(locked.key passwords dh.pem);
Certificates::run('pkey', '-in', $certs->key('one.test'), '-aes256', '-passout', 'pass:second', '-out', $locked);
Certificates::run('genpkey', '-genparam', '-algorithm', 'DH', '-pkeyopt', 'group:ffdhe2048', '-out', $dh);
my $pc = Proxycache->prepare(http => <<"E");
    ssl_certificate @{[$certs->cert('one.test')]};
    ssl_certificate_key $locked;
    ssl_password_file $passwords;
    server { listen %%listen%% ssl; ssl_session_timeout 77s; ssl_buffer_size 1k; return 200 "\$ssl_cipher @{['x' x 5000]}"; }
    server { listen %%listen_b%% ssl; ssl_prefer_server_ciphers on;
        ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384; return 200 "\$ssl_cipher"; }
    server { listen %%listen_c%% ssl; @{[$certs->lines('rsa')]} ssl_dhparam $dh; return 200 "\$ssl_cipher"; }
E
$pc->write_file($passwords, "wrong\n");
like $pc->run(args => ['-t'])->{err}, qr/cannot load certificate key "\Q$locked\E".*bad decrypt/, 'a wrong password is told';
$pc->write_file($passwords, "wrong\nsecond\n");
$pc->launch;
my $ask = "GET / HTTP/1.0\r\n\r\n";
my $text = s_client($pc->address, $ask, '-tls1_2', '-cipher', 'ECDHE-ECDSA-AES256-GCM-SHA384', '-msg');
like $text, qr/ticket lifetime hint: 77 /, 'a ticket lives for ssl_session_timeout';
my @sizes = map { hex s/ //r } $text =~ /<<< .*RecordHeader.*\n *17 03 03 (\w\w \w\w)/g;
cmp_ok scalar(@sizes), '>=', 5, 'ssl_buffer_size makes small records';
is scalar(grep { $_ > 1024 + 64 } @sizes), 0, 'and no larger ones';
my $order = 'ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256';
like s_client($pc->address, $ask, '-tls1_2', '-cipher', $order), qr/\r\n\r\nECDHE-ECDSA-AES256/, 'the client chooses';
like s_client($pc->address('listen_b'), $ask, '-tls1_2', '-cipher', $order), qr/\r\n\r\nECDHE-ECDSA-AES128/,
    'with ssl_prefer_server_ciphers the server';
like s_client($pc->address('listen_c'), $ask, '-tls1_2', '-cipher', 'DHE-RSA-AES128-GCM-SHA256'),
    qr/\r\n\r\nDHE-RSA-AES128-GCM-SHA256\z/, 'ssl_dhparam';
done_testing;
