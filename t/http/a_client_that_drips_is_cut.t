# 500 reads in a row that bring less than 64 bytes each: no head needs that.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(server => 'location / { return 200 ok; }');
my $client = $pc->connect;
$client->write("GET / HTTP/1.1\r\nHost: a\r\nX: ");
wait_until(sub { $client->write('x') if $client->is_quiet; !$client->is_quiet }, 30);
is $client->read_response->status, 408, 'dripping';

my $patient = $pc->connect;
for (1 .. 600) { $patient->ask('GET', '/')->status == 200 or last }
is $patient->ask('GET', '/')->status, 200, 'but many small requests are welcome';
done_testing;
