# An origin on a Unix socket, with and without a URI.
use lib 't/lib';
use Proxycache;
use File::Temp;

my $folder = File::Temp::tempdir(CLEANUP => 1);
chmod 0755, $folder;
my $origin = Origin->new(sub ($request) { [200, {}, $request->target . ' ' . $request->header('host')] }, unix => "$folder/origin");
chmod 0777, "$folder/origin";
my $pc = Proxycache->start(path => "$folder/origin", http => 'upstream back { server unix:%%path%%; }', server => <<'E');
    location /plain { proxy_pass http://unix:%%path%%; }
    location /uri/  { proxy_pass http://unix:%%path%%:/base/; }
    location /block { proxy_pass http://back; }
E
is $pc->get('/plain')->body, '/plain localhost', 'plain';
is $pc->get('/uri/x')->body, '/base/x localhost', 'with a URI';
is $pc->get('/block')->body, '/block back', 'in an upstream block';
done_testing;
