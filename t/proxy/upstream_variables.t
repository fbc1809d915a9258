# $upstream_* and $proxy_* in a log line.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {'X-Request-Id' => 'r1', 'Set-Cookie' => ['a=1; Path=/', 'b=2']}, 'x' x 500] });
my $pc = Proxycache->start(origin => $origin, http => <<'H', server => <<'E');
log_format t '$proxy_host|$proxy_port|$upstream_addr|$upstream_status|$upstream_http_x_request_id|$upstream_cookie_b|$upstream_response_length|$upstream_connect_time|$upstream_header_time|$upstream_response_time|$upstream_bytes_sent|$upstream_bytes_received';
H
    access_log logs/t.log t;
    location / { proxy_pass http://%%origin%%; }
    location /none { return 204; }
E
is $pc->get('/')->status, 200, 'a request';
is $pc->get('/none')->status, 204, 'one without an origin';
my $address = $origin->address;
my ($port) = $address =~ /:(\d+)$/;
ok $pc->wait_for(sub { $pc->read_file('logs/t.log') =~ /^\Q$address|$port|$address\E\|200\|r1\|2\|500\|0\.\d{3}\|0\.\d{3}\|0\.\d{3}\|\d\d+\|\d{3}$/m }), 'all of them';
ok $pc->wait_for(sub { $pc->read_file('logs/t.log') =~ /^-\|-\|-\|-\|-\|-\|-\|-\|-\|-\|-\|-$/m }), 'and none';
diag $pc->read_file('logs/t.log') unless Test::More->builder->is_passing;
done_testing;
