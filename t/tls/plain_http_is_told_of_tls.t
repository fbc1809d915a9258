# A request without TLS to a TLS port: 400 that says so, or what error_page 497 makes of it.
use lib 't/lib';
use Proxycache;
use Certificates;

my $certs = Certificates->new->make('one.test');
my $pc = Proxycache->start(http => <<"E");
    @{[$certs->lines('one.test')]}
    server { listen %%listen%% ssl; return 200 "inside"; }
    server { listen %%listen_b%% ssl; error_page 497 https://\$host\$request_uri; return 200 "inside"; }
E
my $c = $pc->connect;
my $response = $c->ask('GET', '/secret');
is $response->status, 400, 'the status is 400';
like $response->body, qr/400 The plain HTTP request was sent to HTTPS port/, 'the page says why';
unlike $response->body, qr/inside/, 'nothing else is said';
ok $c->closed, 'the connection is closed';
my $moved = $pc->get('/a?b', {Host => 'one.test'}, listen => 'listen_b');
is $moved->status, 302, 'error_page 497 redirects';
is $moved->header('Location'), 'https://one.test/a?b', 'to https';
my $nonsense = $pc->connect;
$nonsense->write("\x16\x03\x01\x00\x05hello");
$nonsense->read_all;
ok $nonsense->ended, 'bytes that are no handshake end the connection';
like curl('-k', $pc->address =~ s/^/https:/r =~ s{:}{://}r), qr/inside/, 'others are served';
done_testing;
