# Values of the http core's variables.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(server => <<'E2');
    server_name one.example two.example;
    location / {
        add_header X-Value "$arg_what";
        return 200 "$request_method|$scheme|$host|$server_name|$uri|$args|$is_args|$request_uri|$http_x_y|$cookie_c|$content_type|$content_length|$remote_addr|$server_addr|$request";
    }
    location /numbers { return 200 "$server_port $remote_port $connection $connection_requests $msec $pid $request_time $request_length $pipe $status"; }
    location /times   { return 200 "$time_iso8601|$time_local|$request_id|$hostname|$nginx_version"; }
    location /limit   { set $limit_rate 4k; return 200 "$limit_rate"; }
    location /tcp     { return 200 "$tcpinfo_rtt $tcpinfo_rttvar $tcpinfo_snd_cwnd $tcpinfo_rcv_space"; }
E2
is $pc->post('/a%20b?x=1', 'hi', {Host => 'TWO.example:99', 'X-Y' => 'z', Cookie => 'c=v', 'Content-Type' => 'text/x'})->body,
    'POST|http|two.example|one.example|/a b|x=1|?|/a%20b?x=1|z|v|text/x|2|127.0.0.1|127.0.0.1|POST /a%20b?x=1 HTTP/1.1';
my $c = $pc->connect;
$c->ask('GET', '/');
my @numbers = split / /, $c->ask('GET', '/numbers')->body;
my (undef, $port) = split /:/, $pc->address('listen');
is $numbers[0], $port, '$server_port';
is $numbers[1], $c->local_port, '$remote_port';
is $numbers[3], 2, '$connection_requests';
like $numbers[4], qr/^\d{10}\.\d{3}$/, '$msec';
ok((grep { $_ == $numbers[5] } $pc->workers), '$pid');
like $numbers[6], qr/^\d+\.\d{3}$/, '$request_time';
my @times = split /\|/, $pc->get('/times')->body;
like $times[0], qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/, '$time_iso8601';
like $times[1], qr{^\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}$}, '$time_local';
like $times[2], qr/^[0-9a-f]{32}$/, '$request_id';
is $pc->get('/limit')->body, 4096, '$limit_rate can be set';
like $pc->get('/tcp')->body, qr/^\d+ \d+ \d+ \d+$/, '$tcpinfo_';
done_testing;
