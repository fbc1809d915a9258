# Nothing is read that cannot be passed on: a side that does not read stops the other, and costs a bounded piece of memory.
use lib 't/lib';
use Proxycache;
use TcpOrigin;

my $origin = TcpOrigin->new;
my $pc     = Proxycache->start(origin => $origin, conf => <<'E');
    stream { server { listen %%listen%%; proxy_pass %%origin%%; proxy_buffer_size 8k; } }
E

my $client = $pc->connect('listen', rcvbuf => 4096);
my $server = $origin->accept;
my $worker = ($pc->workers)[0];
my $before = $pc->memory($worker);
my $piece  = join '', map { chr(33 + $_ % 90) } 0 .. 65535;
my $sent   = '';
# Full when nothing more is taken for a while: the sockets' buffers grow up to some megabytes.
while (1) {
    my $taken = wait_until(sub { $server->write_some($piece) }, 0.5) or last;
    $sent .= substr $piece, 0, $taken;
    die 'nobody holds it back' if length $sent > 64 << 20;
}
ok length($sent) > 0, 'the server was stopped';
$pc->holds_less($pc->memory($worker) - $before, 1 << 20, 'the worker holds little of it');
$server->{socket}->blocking(0);
my $rest = $client->read_bytes(length $sent);
ok $rest eq $sent, 'every byte arrives once the client reads';
$server->write('!');
$server->close;
is $client->read_all, '!', 'and what follows';
done_testing;
