# A client that leaves: the connection to the origin is closed; with proxy_ignore_client_abort it is heard to the end.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { {raw => [[wait => 'go'], "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"]} });
my $pc = Proxycache->start(origin => $origin, http => 'log_format t "$uri $status $upstream_status";', server => <<'E');
    access_log logs/t.log t;
    location /gone { proxy_pass http://%%origin%%; }
    location /kept { proxy_pass http://%%origin%%; proxy_ignore_client_abort on; }
E
# How many of the origin's connections are in that state: the origin itself looks at none while it holds its answer.
my ($port) = $origin->address =~ /:(\d+)$/;
sub in_state ($state) {
    open my $table, '<', '/proc/net/tcp' or die $!;
    return scalar grep { /^\s*\d+: [0-9A-F]{8}:(\w{4}) [0-9A-F:]+ (\w\w)/ && hex $1 == $port && $2 eq $state } <$table>;
}
my ($established, $close_wait) = ('01', '08');

my $client = $pc->connect;
$client->request(GET => '/gone');
$origin->wait_held('go', 1);
$client->close;
ok wait_until(sub { in_state($close_wait) == 1 }), 'the origin hears that nobody waits';
ok $pc->wait_for(sub { $pc->read_file('logs/t.log') =~ m{^/gone 499 }m }), 'status 499 is logged';

$client = $pc->connect;
$client->request(GET => '/kept');
$origin->wait_held('go', 2);
$client->close;
is $pc->connect->ask(GET => '/other')->status, 404, 'something else meanwhile';
is in_state($established), 1, 'the origin is still being heard';
$origin->release('go');
$origin->release('go');
ok $pc->wait_for(sub { $pc->read_file('logs/t.log') =~ m{^/kept \d+ 200$}m }), 'its answer came';
done_testing;
