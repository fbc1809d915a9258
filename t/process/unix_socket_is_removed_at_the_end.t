# listen unix: the file is there while it runs, over reloads too, and gone afterwards or when the configuration drops it.
use lib 't/lib';
use Proxycache;

my $with = 'server { listen %%listen%%; listen unix:%%prefix%%/front.sock; location / { return 200 "$pid\n"; } }';
my $without = 'server { listen %%listen%%; location / { return 200 "$pid\n"; } }';
my $pc = Proxycache->start(http => $with);
my $path = $pc->path('front.sock');
ok -S $path, 'there is a socket';
ok $pc->reload;
ok -S $path, 'it stays over a reload';
is $pc->connect("unix:$path")->ask('GET', '/')->status, 200, 'it answers';
$pc->rewrite(http => $without);
ok $pc->reload;
ok $pc->wait_for(sub { !-e $path }), 'it is gone when no configuration names it';
$pc->rewrite(http => $with);
ok $pc->reload;
ok -S $path, 'it comes back';
is $pc->stop, 0;
ok !-e $path, 'it is gone at the end';
done_testing;
