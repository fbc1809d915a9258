# New connections after HUP see the new certificate; a bad one is refused and changes nothing.
use lib 't/lib';
use Proxycache;
use Certificates;

my $certs = Certificates->new->make('one.test')->make('two.test')->make('rsa', rsa => 1);
my $server = sub ($lines) { "server { listen %%listen%% ssl; $lines return 200 'here'; }" };
my $pc = Proxycache->start(http => $server->($certs->lines('one.test')), expect => qr/emerg/);
sub shown { s_client($pc->address, "GET / HTTP/1.0\r\n\r\n") =~ /CN ?= ?(\S+\.test)/ ? $1 : '' }
is shown(), 'one.test', 'the first certificate';
$pc->rewrite(http => $server->($certs->lines('two.test')));
$pc->reload;
is shown(), 'two.test', 'the second after a reload';

sub refused ($lines, $why) {
    $pc->rewrite(http => $server->($lines));
    my $tested = $pc->run(args => ['-t']);
    isnt $tested->{status}, 0, "-t refuses: $why";
    like $tested->{err}, qr/emerg.*(?:$why).* in \S+test\.conf:\d+:\d+/, 'and says why and where';
}
refused("ssl_certificate " . $certs->cert('one.test') . '; ssl_certificate_key ' . $certs->key('two.test') . ';',
    'does not belong to its certificate');
refused("ssl_certificate " . $certs->cert('one.test') . '; ssl_certificate_key ' . $certs->key('rsa') . ';',
    'does not belong to its certificate');
refused('ssl_certificate /nowhere.crt; ssl_certificate_key ' . $certs->key('one.test') . ';',
    'cannot load certificate "/nowhere.crt".*No such file');
refused('ssl_certificate ' . $certs->cert('one.test') . '; ssl_certificate_key /nowhere.key;',
    'cannot load certificate key "/nowhere.key".*No such file');
refused('ssl_certificate ' . $certs->cert('one.test') . ';', 'no "ssl_certificate_key" is defined');
refused($certs->lines('one.test') . 'ssl_ciphers nonsense;', 'no cipher match');
refused('', 'no "ssl_certificate" is defined for the "listen ... ssl" directive');
refused($certs->lines('one.test') . 'ssl_verify_client on;', 'no ssl_client_certificate');
refused($certs->lines('one.test') . 'ssl_session_cache shared:x;', 'no size is given');
refused($certs->lines('one.test') . 'ssl_stapling on;', 'not built yet');
refused('ssl_certificate data:x;', 'not built yet');
$pc->signal('HUP');
ok $pc->wait_log(qr/emerg.*not built yet/), 'HUP with it is refused';
is shown(), 'two.test', 'the running configuration goes on';
done_testing;
