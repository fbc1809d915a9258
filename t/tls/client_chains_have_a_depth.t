# ssl_trusted_certificate completes the chain of a client; ssl_verify_depth limits it.
use lib 't/lib';
use Proxycache;
use Certificates;

my $certs = Certificates->new->make('one.test')->make('mid', ca => 1, by => 'ca')->make('bob', by => 'mid');
my $both = $certs->path('both.pem');
my $server = sub ($listen, $depth) {
    "server { listen $listen ssl; ssl_verify_client optional; ssl_trusted_certificate $both; ssl_verify_depth $depth; "
        . 'return 200 "$ssl_client_verify"; }';
};
my $pc = Proxycache->prepare(http => $certs->lines('one.test') . $server->('%%listen%%', 1) . $server->('%%listen_b%%', 0));
$pc->write_file($both, join '', map { Certificates::run('x509', '-in', $certs->cert($_)) } qw(ca mid));
$pc->launch;
my @as = ('-k', '--cert', $certs->cert('bob'), '--key', $certs->key('bob'));
is curl(@as, 'https://' . $pc->address), 'SUCCESS', 'one certificate between the client and the authority';
like curl(@as, 'https://' . $pc->address('listen_b')), qr/400 The SSL certificate error/, 'is too many for depth 0';
like s_client($pc->address, "GET / HTTP/1.0\r\n\r\n"), qr/No client certificate CA names sent/, 'their names are not sent';
done_testing;
