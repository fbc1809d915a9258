# proxy_intercept_errors: error_page answers for the statuses it names; others pass.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { my ($status) = $request->target =~ /(\d+)/; [$status, {'WWW-Authenticate' => 'Basic'}, 'of the origin'] });
my $pc = Proxycache->start(origin => $origin, server => <<'E');
    error_page 404 401 /page;
    location = /page { return 200 "of ours"; }
    location /on/  { proxy_pass http://%%origin%%; proxy_intercept_errors on; }
    location /off/ { proxy_pass http://%%origin%%; }
E
my $response = $pc->get('/on/404');
is $response->status, 404, 'the status stays';
is $response->body, 'of ours', 'the page';
is $pc->get('/on/401')->header('www-authenticate'), 'Basic', '401 keeps its challenge';
is $pc->get('/on/403')->body, 'of the origin', 'no page for 403';
is $pc->get('/off/404')->body, 'of the origin', 'off';
done_testing;
