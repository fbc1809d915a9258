# The access log has a line for each request that was refused, with what could be read of it; nothing of the client breaks a line.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(http => 'log_format r "[$request] $status [$request_method] [$http_x]";', server => <<'E');
    access_log logs/r.log r; client_header_timeout 300ms;
    location / { return 200; }
E
my @table = (
    ["GET /a HTTP/1.1\r\nX: y\r\n\r\n",                    '[GET /a HTTP/1.1] 400 [GET] [y]'],
    ["GET /b HTTP/1.1\r\nHost: x\r\nX : y\r\n\r\n",        '[GET /b HTTP/1.1] 400 [GET] [-]'],
    ["GET /c HTTP/4.0\r\n\r\n",                            '[GET /c HTTP/4.0] 505 [GET] [-]'],
    ["\x16\x03\x01\x00",                                   '[\x16\x03\x01\x00] 400 [-] [-]'],
    ["GET /d HTTP/1.1\r\nHost: x\r\nX: y\r\nHost: z\r\n\r\n", '[GET /d HTTP/1.1] 400 [GET] [y]'],
    ["GET /e HTTP/1.1\r\nHost: x\r\nX: y",                 '[GET /e HTTP/1.1] 408 [GET] [-]'],
    ["GET /\"\\ HTTP/1.1\r\nHost: x\r\nX: a\x80\"\r\n\r\n", '[GET /\x22\x5C HTTP/1.1] 200 [GET] [a\x80\x22]'],
);
for my $row (@table) {
    my $client = $pc->connect;
    $client->write($row->[0]);
    $client->read_response(method => 'GET');
    $client->close;
}
ok $pc->wait_for(sub { @table == grep { length } split /\n/, $pc->read_file('logs/r.log') }), 'a line each';
is_deeply [split /\n/, $pc->read_file('logs/r.log')], [map { $_->[1] } @table], 'which say what was asked';
done_testing;
