# proxy_temp_path: where an answer goes that neither client nor memory takes. proxy_socket_keepalive: SO_KEEPALIVE.
use lib 't/lib';
use Proxycache;
use Descriptor;
use Socket qw(SOL_SOCKET SO_KEEPALIVE);

my $origin = Origin->new(sub ($request) { {raw => ["HTTP/1.1 200 OK\r\nContent-Length: 30000000\r\n\r\n", [bytes => 30_000_000]]} });
my $alive  = Origin->new(sub ($request) { {raw => [[wait => 'end'], "HTTP/1.1 204 No\r\nConnection: close\r\n\r\n", ['close']]} });
my $pc = Proxycache->start(origin => $origin, alive => $alive, server => <<'E');
    location / { proxy_temp_path spool 1 2; proxy_buffers 8 4k; proxy_pass http://%%origin%%; }
    location /alive { proxy_socket_keepalive on; proxy_pass http://%%alive%%; }
    location /usual { proxy_pass http://%%alive%%; }
E
ok -d $pc->path('spool'), 'the folder is made at the start';
my ($worker) = $pc->workers;
my $client = $pc->connect('listen', rcvbuf => 4096);
$client->request(GET => '/');
is $client->read_head->status, 200, 'an answer that nobody takes';
my $spool = $pc->path('spool');
ok $pc->wait_for(sub { grep { (readlink($_) // '') =~ m{^\Q$spool\E/\d/\d\d/\d+( \(deleted\))?$} } glob "/proc/$worker/fd/*" }), 'is kept in a file there';
$client->close;

if (Descriptor->may($worker)) {
    my ($port) = $alive->address =~ /:(\d+)$/;
    for (['/alive', 1], ['/usual', 0]) {
        my ($target, $expected) = @$_;
        my $ask = background(sub { $pc->get($target)->status });
        my $socket = wait_until(sub { Descriptor->socket($worker, peer => $port) });
        is +Descriptor->option($socket, SOL_SOCKET, SO_KEEPALIVE), $expected, "$target: SO_KEEPALIVE is $expected";
        close $socket;
        $alive->release_one('end');
        is $ask->result, 204, 'answered';
    }
}
done_testing;
