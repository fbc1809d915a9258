# What only the socket shows: tcp_nodelay, tcp_nopush, and the options of listen.
use lib 't/lib';
use Proxycache;
use Descriptor;
use Socket qw(IPPROTO_TCP TCP_NODELAY TCP_CORK TCP_DEFER_ACCEPT SOL_SOCKET SO_RCVBUF SO_SNDBUF SO_KEEPALIVE SO_REUSEPORT);
use constant {TCP_KEEPIDLE => 4, TCP_KEEPINTVL => 5, TCP_KEEPCNT => 6, TCP_FASTOPEN => 23};

my $pc = Proxycache->start(http => <<'E');
    server {
        listen %%listen%%;
        location /  { return 200 x; }
        location /delayed { tcp_nodelay off; return 200 x; }
        location /pushed { tcp_nopush on; }
        location /loose { tcp_nopush off; alias %%prefix%%/html/pushed/; }
    }
    server { listen %%listen_plain%%; return 204; }
    server { listen %%listen_set%% rcvbuf=65536 sndbuf=131072 backlog=7 fastopen=5 deferred reuseport so_keepalive=600:30:4; return 204; }
E
$pc->write_file('html/pushed/big', 'x' x 20_000_000);
my ($worker) = $pc->workers;
if (!Descriptor->may($worker)) {
    pass 'the kernel does not let us look into a worker';
    done_testing;
    exit;
}

sub connection ($client) { Descriptor->socket($worker, peer => $client->local_port) // die 'no such connection' }
my $client = $pc->connect;
$client->ask(GET => '/');
is +Descriptor->option(connection($client), IPPROTO_TCP, TCP_NODELAY), 1, 'tcp_nodelay is on';
$client->ask(GET => '/delayed');
is +Descriptor->option(connection($client), IPPROTO_TCP, TCP_NODELAY), 0, 'tcp_nodelay off';
$client->ask(GET => '/');
is +Descriptor->option(connection($client), IPPROTO_TCP, TCP_NODELAY), 1, 'on again at the next request';

for (['/pushed/big', 1], ['/loose/big', 0]) {
    my ($target, $expected) = @$_;
    my $slow = $pc->connect('listen', rcvbuf => 4096);
    $slow->request(GET => $target);
    is $slow->read_head->status, 200, $target;
    is +Descriptor->option(connection($slow), IPPROTO_TCP, TCP_CORK), $expected, "TCP_CORK is $expected while it is sent";
}

my $plain = Descriptor->socket($worker, listening => $pc->port('listen_plain'));
my $set   = Descriptor->socket($worker, listening => $pc->port('listen_set'));
my $option = sub ($handle, @which) { Descriptor->option($handle, @which) };
is $option->($set, SOL_SOCKET, SO_RCVBUF), 2 * 65536, 'rcvbuf= (the kernel doubles it)';
is $option->($set, SOL_SOCKET, SO_SNDBUF), 2 * 131072, 'sndbuf=';
is $option->($set, SOL_SOCKET, SO_KEEPALIVE), 1, 'so_keepalive=';
is $option->($set, IPPROTO_TCP, TCP_KEEPIDLE), 600, 'its idle time';
is $option->($set, IPPROTO_TCP, TCP_KEEPINTVL), 30, 'its interval';
is $option->($set, IPPROTO_TCP, TCP_KEEPCNT), 4, 'its count';
is $option->($set, IPPROTO_TCP, TCP_FASTOPEN), 5, 'fastopen=';
is $option->($set, SOL_SOCKET, SO_REUSEPORT), 1, 'reuseport';
cmp_ok $option->($set, IPPROTO_TCP, TCP_DEFER_ACCEPT), '>', 0, 'deferred';
is $option->($plain, SOL_SOCKET, SO_KEEPALIVE), 0, 'without: no keepalive';
is $option->($plain, SOL_SOCKET, SO_REUSEPORT), 0, 'no reuseport';
is $option->($plain, IPPROTO_TCP, TCP_DEFER_ACCEPT), 0, 'not deferred';
# /proc/net/tcp does not tell the backlog; ss reads it from the kernel as Send-Q of a listener.
my $listed = `ss -Hltn 2>/dev/null`;
SKIP: {
    Test::More::skip('no ss', 2) unless $listed;
    my %backlog = map { (split ' ')[3] =~ s/.*://r => (split ' ')[2] } split /\n/, $listed;
    is $backlog{$pc->port('listen_set')}, 7, 'backlog=';
    cmp_ok $backlog{$pc->port('listen_plain')}, '>=', 511, 'without';
}
done_testing;
