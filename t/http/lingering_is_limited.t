# lingering_close off closes at once; lingering_timeout ends a client that is silent, lingering_time one that goes on for ever.
use lib 't/lib';
use Proxycache;
use Time::HiRes 'time';

my $pc = Proxycache->start(server => <<'E');
    client_max_body_size 1;
    location /silent  { lingering_timeout 300ms; return 413; }
    location /forever { lingering_time 500ms; lingering_timeout 60s; return 413; }
    location /off     { lingering_close off; return 413; }
    location /always  { lingering_close always; lingering_timeout 60s; return 200; }
E
sub begin ($path) {
    my $client = $pc->connect('listen', timeout => 30);
    $client->write("POST $path HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\nxxxx");
    return $client;
}
my ($worker) = $pc->workers;
my $sockets  = sub { scalar grep { (readlink($_) // '') =~ /^socket/ } glob "/proc/$worker/fd/*" };
my $none     = $sockets->();
my $client   = begin('/silent');
is $client->read_response->status, 413, 'silent: the answer';
ok $client->closed, 'and the end of what we say';
ok wait_until(sub { $sockets->() == $none }, 10), 'then of listening';

$client = begin('/forever');
is $client->read_response->status, 413, 'forever: the answer';
ok wait_until(sub { !$client->write('x' x 100) }, 10), 'lingering_time ends it';

$client = begin('/off');
is $client->read_response->status, 413, 'off: the answer';
ok wait_until(sub { !$client->write('x') }, 10), 'nothing is read';

$client = $pc->connect;
$client->request('GET', '/always', {Connection => 'close'});
is $client->read_response->status, 200, 'always: the answer';
ok $client->closed, 'our end';
ok $client->write('x' x 100), 'and what the client says is taken still';
done_testing;
