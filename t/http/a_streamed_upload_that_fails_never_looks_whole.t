# proxy_request_buffering off: a client that stalls, breaks off or sends too much gets 408, nothing or 413; the origin sees its request
# broken off, in either framing.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, 'whole'] });
my $pc     = Proxycache->start(origin => $origin, http => 'log_format s "$uri $status";', server => <<'E');
    access_log logs/s.log s; client_body_timeout 300ms; client_max_body_size 100k;
    location / { proxy_pass http://%%origin%%; proxy_request_buffering off; }
E
my %framing = (length => "Content-Length: 1000\r\n\r\n" . 'x' x 500, chunked => "Transfer-Encoding: chunked\r\n\r\n1f4\r\n" . 'x' x 500 . "\r\n");
my $closed  = 0;
for my $kind (sort keys %framing) {
    my $begin = sub ($how) {
        my $client = $pc->connect;
        $client->write("POST /$kind/$how HTTP/1.1\r\nHost: x\r\n$framing{$kind}");
        $origin->wait_for_heads($closed + 1);
        return $client;
    };
    my $client = $begin->('stall');
    is $client->read_response->status, 408, "$kind: a client that stalls";
    ok $client->closed, 'is cut off';
    ok $origin->wait_closed(++$closed), 'and the origin hears that this was not all';

    $client = $begin->('reset');
    $client->reset;
    ok $origin->wait_closed(++$closed), "$kind: a client that breaks off";
    ok $pc->wait_for(sub { $pc->read_file('logs/s.log') =~ m{^/$kind/reset 499$}m }), 'is logged as 499';

    $client = $begin->('shutdown');
    $client->shutdown_write;
    ok $origin->wait_closed(++$closed), "$kind: a client that ends too early";
}
my $client = $pc->connect;
$client->write("POST /large HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
$client->write("2710\r\n" . 'x' x 10_000 . "\r\n") for 1 .. 11;
is $client->read_response->status, 413, 'too much';
ok $origin->wait_closed(++$closed), 'here too';
is $origin->requests, 0, 'none looked whole';
done_testing;
