# proxy_timeout: a session in which nothing moves ends; one in which something does goes on.
use lib 't/lib';
use Proxycache;
use TcpOrigin;

my $origin = TcpOrigin->new;
my $pc     = Proxycache->start(origin => $origin, conf => <<'E');
    stream {
        proxy_timeout 1s;
        server { listen %%listen%%; proxy_pass %%origin%%; }
        server { listen %%listen_long%%; proxy_pass %%origin%%; proxy_timeout 1h; }
    }
E

my $long   = $pc->connect('listen_long');
my $served = $origin->accept;
my $client = $pc->connect;
my $server = $origin->accept;
$client->write('x');
is $server->read_bytes(1), 'x', 'the session is there';
ok $client->closed, 'it ends for the client';
ok $server->closed, 'and for the server';
$long->write('y');
is $served->read_bytes(1), 'y', 'another server has its own time';
done_testing;
