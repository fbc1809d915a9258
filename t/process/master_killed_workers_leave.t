# kill -9 of the master: workers and keeper notice, close the listeners, let clients finish and end; a new start works at once.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(workers => 2, server => 'location / { return 200 "$pid\n"; }');
my @children = ($pc->workers, $pc->keeper);
my $client = $pc->connect;
is $client->ask('GET', '/')->status, 200, 'a client has a connection';

kill KILL => $pc->master;
ok $pc->wait_log(qr/the master process is gone, shutting down/), 'its death is noticed';
is $client->ask('GET', '/')->status, 200, 'its next request is still answered';
$client->close;
ok $pc->wait_for(sub { !grep { $pc->is_alive($_) } @children }), 'workers and keeper are gone';
my $lines = scalar(() = $pc->error_log =~ /the master process is gone, shutting down/g);
is $lines, 3, 'each has said why';

my $again = Proxycache->start(prefix => $pc->prefix, server => 'location / { return 200 "$pid\n"; }');
is $again->get('/')->status, 200, 'a new start works';
is $again->stop, 0;
done_testing;
