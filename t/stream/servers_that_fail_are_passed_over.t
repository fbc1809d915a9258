# proxy_next_upstream: a server that takes no connection is passed over, and left alone for a while; with it off the
# session ends. Without any the client is closed, and the log says 502.
use lib 't/lib';
use Proxycache;
use TcpOrigin;

my $origin = TcpOrigin->new;
my $pc     = Proxycache->start(origin => $origin, conf => <<'E');
    stream {
        log_format line '$status $upstream_addr';
        access_log logs/stream.log line;
        upstream some { server %%dead%%; server %%origin%%; }
        upstream tries { server %%dead%% max_fails=0; server %%dead_b%% max_fails=0; server %%dead_c%% max_fails=0; }
        server { listen %%listen%%; proxy_pass some; }
        server { listen %%listen_none%%; proxy_pass %%dead%%; }
        server { listen %%listen_off%%; proxy_pass tries; proxy_next_upstream off; }
        server { listen %%listen_two%%; proxy_pass tries; proxy_next_upstream_tries 2; }
    }
E
my $dead = $pc->address('dead');
my $live = $origin->address;
for my $round (1 .. 4) {
    my $client = $pc->connect;
    my $server = $origin->accept;
    $client->write($round);
    is $server->read_bytes(1), $round, 'the live server has it';
    $server->close;
    ok $client->closed, 'the end';
}
ok $pc->connect('listen_none')->closed, 'nobody is there: closed';
ok $pc->connect('listen_off')->closed, 'off: closed';
ok $pc->connect('listen_two')->closed, 'two tries: closed';
ok $pc->wait_for(sub { (() = $pc->read_file('logs/stream.log') =~ /\n/g) == 7 }), 'seven lines';
my @lines = split /\n/, $pc->read_file('logs/stream.log');
is scalar(grep { $_ eq "200 $dead, $live" } @lines), 1, 'the dead one was asked once';
is scalar(grep { $_ eq "200 $live" } @lines), 3, 'and then left alone';
is scalar(grep { /^502 \S+$/ } @lines), 2, 'a lone one that is dead; and off: one try';
is scalar(grep { /^502 \S+, \S+$/ } @lines), 1, 'tries 2: two tries';
my $why = qr/\[error\] .*connect\(\) failed \(111: Connection refused\) while connecting to upstream, client: 127\.0\.0\.1, server: 127\.0\.0\.1:\d+, upstream: "\Q$dead\E"/;
like $pc->error_log, $why, 'why is logged';
done_testing;
