# When one direction has ended the session ends; with proxy_half_close the other goes on until it ends too. What one side
# breaks off does not look whole to the other.
use lib 't/lib';
use Proxycache;
use TcpOrigin;

my $origin = TcpOrigin->new;
my $pc     = Proxycache->start(origin => $origin, conf => <<'E');
    stream {
        server { listen %%listen%%; proxy_pass %%origin%%; }
        server { listen %%listen_half%%; proxy_pass %%origin%%; proxy_half_close on; }
    }
E

my $client = $pc->connect;
my $server = $origin->accept;
$client->write('all');
$client->shutdown_write;
is $server->read_all, 'all', 'the client ends: the server has it all';
ok $client->closed, 'and the client is told that the session is over';

$client = $pc->connect('listen_half');
$server = $origin->accept;
$client->write('question');
$client->shutdown_write;
is $server->read_all, 'question', 'half_close: the server hears the end';
$server->write('answer');
is $client->read_bytes(6), 'answer', 'and still answers';
$server->close;
ok $client->closed, 'until it ends too';

$client = $pc->connect('listen_half');
$server = $origin->accept;
$server->write('news');
$server->shutdown_write;
is $client->read_all, 'news', 'half_close the other way round';
$client->write('thanks');
is $server->read_bytes(6), 'thanks', 'the client goes on';
$client->close;
ok $server->closed, 'until it ends';

for my $side (0, 1) {
    my @ends = ($pc->connect, $origin->accept);
    $ends[0]->write('x');
    $ends[1]->read_bytes(1);
    $ends[$side]->reset;
    ok $ends[1 - $side]->closed, 'one side breaks off';
    like $ends[1 - $side]->ended, qr/^reset/, 'the other sees that it is no proper end';
}
done_testing;
