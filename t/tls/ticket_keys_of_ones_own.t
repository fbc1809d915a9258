# ssl_session_ticket_key: the first file encrypts, all of them decrypt.
use lib 't/lib';
use Proxycache;
use Certificates;

my $certs = Certificates->new->make('one.test');
my ($old, $new, $session) = map { $certs->path($_) } qw(old.key new.key session);
my $server = sub (@keys) {
    "server { listen %%listen%% ssl; @{[$certs->lines('one.test')]} "
        . join('', map { "ssl_session_ticket_key $_; " } @keys) . 'return 200 $ssl_session_reused; }';
};
my $pc = Proxycache->prepare(http => $server->($old));
$pc->write_file($old, join '', map { chr } 1 .. 48);
$pc->write_file($new, 'n' x 79);
$pc->launch;
my $ask = "GET / HTTP/1.0\r\n\r\n";
my $first = s_client($pc->address, $ask, '-tls1_2', '-sess_out', $session);
like $first, qr/0000 - 01 02 03 04 05 06 07 08-09 0a 0b 0c 0d 0e 0f 10/, 'the ticket names the key';
$pc->rewrite(http => $server->($new, $old));
like $pc->run(args => ['-t'])->{err}, qr/new\.key" must be 48 or 80 bytes/, 'a file of another size is refused';
$pc->write_file($new, 'n' x 80);
$pc->reload;
like s_client($pc->address, $ask, '-tls1_2', '-sess_in', $session), qr/r\z/, 'the older key still decrypts';
like s_client($pc->address, $ask, '-tls1_2'), qr/0000 - (?:6e.){16}/, 'the newer encrypts';
$pc->rewrite(http => $server->($new));
$pc->reload;
like s_client($pc->address, $ask, '-tls1_2', '-sess_in', $session), qr/\.\z/, 'without the key it is a new session';
done_testing;
