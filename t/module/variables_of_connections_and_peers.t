# $connections_*, $realip_*, and $trailer_ of a request.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, 'x'] });
my $pc = Proxycache->start(origin => $origin, http => <<'H', server => <<'E');
    log_format trailers '$uri $trailer_x_end';
H
    set_real_ip_from 127.0.0.0/8;
    location /counts { return 200 "$connections_active $connections_reading $connections_writing $connections_waiting"; }
    location /peer { return 200 "$realip_remote_addr:$realip_remote_port is $remote_addr"; }
    location /body { access_log logs/trailers.log trailers; proxy_pass http://%%origin%%; }
E
my $idle = $pc->connect;
$idle->ask(GET => '/counts');
is $pc->get('/counts')->body, '2 0 1 1', 'an idle connection waits, one is answered';
my $client = $pc->connect;
is $client->ask(GET => '/peer', {'X-Real-IP' => '192.0.2.7'})->body, '127.0.0.1:' . $client->local_port . ' is 192.0.2.7', 'who it was before real_ip';
$client = $pc->connect;
$client->write("POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n1\r\nx\r\n0\r\nX-End: over\r\n\r\n");
is $client->read_response->status, 200, 'a request with a trailer';
ok $pc->wait_log(qr{^/body over$}m, 10, 'logs/trailers.log'), '$trailer_x_end';
done_testing;
