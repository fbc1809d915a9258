# merge_slashes: //a//b is looked up as /a/b; off keeps them apart. The origin is asked what the client said.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, $request->target] });
my $locations = 'location /a/b { return 200 "found $uri"; } location /p/ { proxy_pass http://%%origin%%; } location / { return 200 "else $uri"; }';
my $pc = Proxycache->start(origin => $origin, http => <<"H");
server { listen %%listen%%; $locations }
server { listen %%listen_off%%; merge_slashes off; $locations }
H
is $pc->get('//a///b')->body, 'found /a/b', 'on';
is $pc->get('/a/.//b')->body, 'found /a/b', 'with a dot between';
is $pc->get('/x/..//a/b')->body, 'found /a/b', 'behind ..';
is $pc->get('//a///b', {}, listen => 'listen_off')->body, 'else //a///b', 'off';
is $pc->get('/p//x')->body, '/p//x', 'the origin sees the target as it came';
is $pc->get('/q//../p/x', {}, listen => 'listen_off')->body, 'else /q/p/x', 'off: an empty segment is one that .. takes back';
done_testing;
