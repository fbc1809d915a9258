# The variables of the connection, of its socket, of the clock, and $request_id.
use lib 't/lib';
use Proxycache;
use POSIX qw(strftime);

my @names = qw(connection connection_requests connection_time remote_port binary_remote_addr tcpinfo_rtt tcpinfo_rttvar
    tcpinfo_snd_cwnd tcpinfo_rcv_space msec time_local time_iso8601 request_time request_length pipe request_id);
my $text = join '|', map { "$_=\$$_" } @names;
my $pc = Proxycache->start(text => "$text|id2=\$request_id", server => 'location / { return 200 "%%text%%"; }');
sub parse ($response) { map { split /=/, $_, 2 } split /\|/, $response->body }

my $client = $pc->connect;
my %first  = parse($client->ask(GET => '/'));
my %second = parse($client->ask(GET => '/longer'));
my %other  = parse($pc->get('/'));
like $first{connection}, qr/^[1-9]\d*$/, '$connection is a number';
is $second{connection}, $first{connection}, 'the same for one connection';
isnt $other{connection}, $first{connection}, 'another for another';
is $first{connection_requests}, 1, 'first request';
is $second{connection_requests}, 2, 'second request';
like $first{connection_time}, qr/^\d+\.\d{3}$/, '$connection_time';
cmp_ok $second{connection_time}, '>=', $first{connection_time}, 'grows';
is $first{remote_port}, $client->local_port, '$remote_port';
is $first{binary_remote_addr}, "\x7f\0\0\1", '$binary_remote_addr: four bytes';
like $first{"tcpinfo_$_"}, qr/^[1-9]\d*$/, "\$tcpinfo_$_" for qw(rtt rttvar snd_cwnd rcv_space);
like $first{request_time}, qr/^\d+\.\d{3}$/, '$request_time';
is $second{request_length} - $first{request_length}, length('longer'), '$request_length is that of request line and fields';
like $first{msec}, qr/^\d{10}\.\d{3}$/, '$msec';
ok abs($first{msec} - time) < 20, 'is now';
like $first{time_local}, qr{^\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}$}, '$time_local';
like $first{time_iso8601}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/, '$time_iso8601';
like $first{time_iso8601}, qr/^@{[strftime '%Y', localtime]}-/, 'this year';
like $first{request_id}, qr/^[0-9a-f]{32}$/, '$request_id: 32 hexadecimal digits';
is $first{id2}, $first{request_id}, 'the same within a request';
isnt $second{request_id}, $first{request_id}, 'another for each request';
my $pipeline = $pc->connect;
$pipeline->write("GET / HTTP/1.1\r\nHost: x\r\n\r\n" x 2);
my ($a, $b) = map { +{parse($pipeline->read_response)} } 1 .. 2;
is $b->{pipe}, 'p', '$pipe: p for a request that came with the one before';
is $a->{pipe}, '.', 'and . for the first';
done_testing;
