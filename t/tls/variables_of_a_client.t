# What the variables say of a connection and of the client's certificate.
use lib 't/lib';
use Proxycache;
use Certificates;

my $certs = Certificates->new->make('one.test')->make('alice');
my @names = map { "ssl_$_" } qw(alpn_protocol cipher ciphers client_cert client_escaped_cert client_fingerprint client_i_dn
    client_i_dn_legacy client_raw_cert client_s_dn client_s_dn_legacy client_serial client_v_end client_v_remain
    client_v_start client_verify curve curves protocol server_name session_id session_reused);
my $text = join '', map { "$_=\${$_}\@\@" } @names;
my $pc = Proxycache->start(http => <<"E");
    server { listen %%listen%% ssl; listen %%listen_b%%; @{[$certs->lines('one.test')]} ssl_verify_client optional;
        ssl_client_certificate @{[$certs->cert('ca')]}; return 200 '$text'; }
E
my %of = map { split /=/, $_, 2 } split /\@\@/, curl('-k', '--cert', $certs->cert('alice'), '--key', $certs->key('alice'),
    '--http1.1', '--curves', 'X25519:P-256', 'https://' . $pc->address);
my $pem = Certificates::run('x509', '-in', $certs->cert('alice'));
chomp(my $raw = $pem);
is $of{ssl_client_raw_cert}, $raw, '$ssl_client_raw_cert';
is $of{ssl_client_cert}, $raw =~ s/\n/\n\t/gr, '$ssl_client_cert';
is $of{ssl_client_escaped_cert}, $pem =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ger, '$ssl_client_escaped_cert';
my $print = lc Certificates::run('x509', '-in', $certs->cert('alice'), '-noout', '-fingerprint', '-sha1') =~ s/.*=|[:\n]//gr;
is $of{ssl_client_fingerprint}, $print, '$ssl_client_fingerprint';
is "$of{ssl_client_s_dn} $of{ssl_client_i_dn}", 'CN=alice CN=ca', 'names';
is "$of{ssl_client_s_dn_legacy} $of{ssl_client_i_dn_legacy}", '/CN=alice /CN=ca', 'names as they were';
is $of{ssl_client_serial}, '03', '$ssl_client_serial';
is $of{ssl_client_verify}, 'SUCCESS', '$ssl_client_verify';
like $of{ssl_client_v_start}, qr/^\w{3} .* GMT$/, '$ssl_client_v_start';
like $of{ssl_client_v_end}, qr/^\w{3} .* GMT$/, '$ssl_client_v_end';
like $of{ssl_client_v_remain}, qr/^(?:29|30)$/, '$ssl_client_v_remain';
is $of{ssl_alpn_protocol}, 'http/1.1', '$ssl_alpn_protocol';
is "$of{ssl_curves} $of{ssl_curve}", 'X25519:prime256v1 X25519', 'curves';
like $of{ssl_ciphers}, qr/^TLS_AES_256_GCM_SHA384:.*ECDHE-ECDSA-AES256-GCM-SHA384/, '$ssl_ciphers';
like $of{ssl_session_id}, qr/^[0-9a-f]{64}$/, '$ssl_session_id';
is $of{ssl_session_reused}, '.', '$ssl_session_reused';
is $pc->get('/', {}, listen => 'listen_b')->body, join('', map { "$_=\@\@" } @names), 'all are empty without TLS';
done_testing;
