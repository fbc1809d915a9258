# Reload: an idle keep-alive connection of an old worker is not closed under the client; its next answer says close.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(server => 'location / { return 200 old; }');
my $client = $pc->connect;
is $client->ask('GET', '/')->body, 'old', 'before';
$pc->rewrite(server => 'location / { return 200 new; }');
$pc->reload;
ok $client->is_quiet, 'still open after the reload';
is $pc->get('/')->body, 'new', 'new connections go to the new workers';
my $last = $client->ask('GET', '/');
is $last->status, 200, 'one more request';
is $last->header('connection'), 'close', 'which is the last';
ok $client->closed, 'closed';
ok $pc->wait_for(sub { !$pc->draining }), 'then the old worker ends';
done_testing;
