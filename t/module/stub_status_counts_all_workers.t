# stub_status tells the numbers of all workers, and a reload does not reset them.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(workers => 4, server => 'location /status { stub_status; } location / { add_header X-Pid $pid; return 200 ok; }');
my (@open, %pids);
for (1 .. 40) {
    my $c = $pc->connect;
    $pids{$c->ask('GET', '/')->header('X-Pid')}++;
    push @open, $c;
}
cmp_ok scalar(keys %pids), '>=', 2, 'several workers took part';
sub numbers () { my $body = $pc->get('/status')->body; $body =~ /^Active connections: (\d+) \nserver accepts handled requests\n (\d+) (\d+) (\d+) \nReading: (\d+) Writing: (\d+) Waiting: (\d+) \n\z/ or return; ($1, $2, $3, $4, $5, $6, $7) }
my ($active, $accepts, $handled, $requests, $reading, $writing, $waiting) = numbers;
is $active, 41, 'open connections';
is $accepts, 41, 'accepted';
is $handled, 41, 'handled';
is $requests, 41, 'requests';
is $writing, 1, 'this one is being answered';
is $waiting, 40, 'the others wait';
my $half = $pc->connect;
$half->write("GET / HTTP/1.1\r\n");
ok $pc->wait_for(sub { (numbers)[4] == 1 }), 'half a head is being read';
$half->close;
ok $pc->wait_for(sub { (numbers)[4] == 0 }), 'and no more';
$pc->reload;
$_->close for @open;
ok $pc->wait_for(sub { (numbers)[0] == 1 }), 'they are gone';
cmp_ok((numbers)[3], '>', 41, 'what was counted stays');
done_testing;
