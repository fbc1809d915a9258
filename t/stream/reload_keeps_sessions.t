# A reload leaves sessions alone: the old worker serves them to their end, new ones come to the new configuration.
use lib 't/lib';
use Proxycache;
use TcpOrigin;

my ($old, $new) = (TcpOrigin->new, TcpOrigin->new);
my $pc = Proxycache->start(
    old  => $old,
    new  => $new,
    conf => 'stream { server { listen %%listen%%; proxy_pass %%old%%; } }',
);

my $client = $pc->connect;
my $server = $old->accept;
$client->write('a');
is $server->read_bytes(1), 'a', 'a session';
$pc->rewrite(conf => 'stream { server { listen %%listen%%; proxy_pass %%new%%; } }');
$pc->reload;
my $second = $pc->connect;
my $served = $new->accept;
ok $served, 'a new session goes where the new configuration says';
$client->write('b');
is $server->read_bytes(1), 'b', 'the old one goes on';
$server->write('c');
is $client->read_bytes(1), 'c', 'in both directions';
ok $pc->wait_for(sub { $pc->draining == 1 }), 'in the old worker';
$server->close;
ok $client->closed, 'it ends';
ok $pc->wait_for(sub { !$pc->draining }), 'and with it the old worker';
$second->write('d');
is $served->read_bytes(1), 'd', 'the new session is still there';
done_testing;
