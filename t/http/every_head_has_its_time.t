# client_header_timeout holds for each request of a connection from its first byte on; an idle connection does not count.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(server => 'client_header_timeout 300ms; location / { return 200 ok; }');
my $client = $pc->connect;
is $client->ask('GET', '/')->status, 200, 'the first request';
ok !$client->closed(0.6), 'an idle connection lives longer than that';
is $client->ask('GET', '/')->status, 200, 'and takes another request';
$client->write("GET / HTTP/1.1\r\nHost: ");
is $client->read_response->status, 408, 'half a head later in the connection';
ok $client->closed, 'closed';
my $both = $pc->connect;
$both->write("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HT");
is $both->read_response->status, 200, 'a whole head with half a head behind it';
is $both->read_response->status, 408, 'of which the time has begun too';
done_testing;
