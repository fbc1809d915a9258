# An origin that closes an idle connection: the next request, even a POST, has a fresh one.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { {status => 200, body => 'ok', close => ($request->target =~ /close/ ? 1 : 0), headers => {}} });
my $pc     = Proxycache->start(origin => $origin, server => 'location / { proxy_pass http://%%origin%%; }');
for my $round (1 .. 10) {
    is $pc->get('/close')->status, 200, 'GET';
    is $pc->post('/post', 'body')->status, 200, 'POST';
}
done_testing;
