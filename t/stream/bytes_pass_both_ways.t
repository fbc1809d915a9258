# stream { server { listen; proxy_pass; } }: bytes of any protocol pass both ways, over TCP, IPv6 and Unix sockets; the log
# has a line for each session.
use lib 't/lib';
use Proxycache;
use TcpOrigin;
use File::Temp;

my $folder = File::Temp->newdir;
chmod 0755, $folder;    # workers are another user
my %origin = (v4 => TcpOrigin->new, v6 => TcpOrigin->new(host => '::1'), unix => TcpOrigin->new(unix => "$folder/o.sock"));
my $pc     = Proxycache->start(%origin, conf => <<'E');
    stream {
        log_format line '$remote_addr $protocol $status $bytes_received $bytes_sent $upstream_addr $upstream_bytes_sent '
                        '$upstream_bytes_received $server_port';
        access_log logs/stream.log line;
        log_format times '$session_time $upstream_connect_time $upstream_first_byte_time $upstream_session_time';
        upstream one { server %%v4%%; }
        server { listen %%listen%%; proxy_pass one; }
        server { listen [::1]:%%port_v6%%; proxy_pass %%v6%%; access_log logs/times.log times; }
        server { listen unix:%%prefix%%/in.sock; proxy_pass %%unix%%; access_log off; }
    }
E

my %listen = (v4 => 'listen', v6 => '[::1]:' . $pc->port('listen_v6'), unix => "unix:$pc->{prefix}/in.sock");
for my $way (qw(v4 v6 unix)) {
    my $client = $pc->connect($listen{$way});
    my $server = $origin{$way}->accept;
    $server->write("hello\n");
    is $client->read_bytes(6), "hello\n", "$way: the server may speak first";
    $client->write("\0\xff no protocol");
    is $server->read_bytes(14), "\0\xff no protocol", 'what the client says arrives';
    $server->write('bye');
    $server->close;
    is $client->read_all, 'bye', 'what was said before the end arrives too';
    is $client->ended, 'eof', 'and then the end';
}
my $name = $origin{v4}->address;
my $port = $pc->port;
ok $pc->wait_for(sub { $pc->read_file('logs/stream.log') eq "127.0.0.1 TCP 200 14 9 $name 14 9 $port\n" }), 'a line in the log'
    or diag $pc->read_file('logs/stream.log');
my $second = qr/\d+\.\d{3}/;
ok $pc->wait_for(sub { $pc->read_file('logs/times.log') =~ /^$second $second $second $second\n$/ }), 'the times are there';
done_testing;
