# split_clients: the same client is in the same part; the parts have about their size.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(http => 'split_clients $arg_id $part { 25% a; 0.5% b; * rest; }', server => 'location / { return 200 $part; }');
my $c = $pc->connect;
my %count;
$count{$c->ask('GET', "/?id=$_")->body}++ for 1 .. 400;
cmp_ok $count{a}, '>', 60, 'about a quarter';
cmp_ok $count{a}, '<', 140, 'about a quarter';
cmp_ok $count{rest}, '>', 200, 'the rest';
is $c->ask('GET', '/?id=7')->body, $c->ask('GET', '/?id=7')->body, 'the same every time';
done_testing;
