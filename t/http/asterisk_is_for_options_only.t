# OPTIONS * speaks of the server as a whole (RFC 9110 section 9.3.7): it belongs to location / and is proxied as it is; * with
# another method is 400.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {Allow => 'GET'}, join ' ', $request->method, $request->target] });
my $pc     = Proxycache->start(origin => $origin, http => <<'H');
server { listen %%listen%%; location / { proxy_pass http://%%origin%%; } }
server { listen %%listen_uri%%; location / { proxy_pass http://%%origin%%/below/; } }
H
for my $method (qw(GET POST HEAD DELETE)) {
    my $client = $pc->connect;
    $client->write("$method * HTTP/1.1\r\nHost: x\r\n\r\n");
    is $client->read_response->status, 400, "$method *";
    ok $client->closed, 'closed';
}
is $origin->connections, 0, 'none reached the origin';
my $response = $pc->request('OPTIONS', '*');
is $response->status, 200, 'OPTIONS *';
is $response->body, 'OPTIONS *', 'reached the origin as it was';
is $pc->request('OPTIONS', '*', {}, undef, listen => 'listen_uri')->body, 'OPTIONS *', 'also where proxy_pass has a path';
is $pc->request('OPTIONS', 'http://x')->body, 'OPTIONS *', 'the absolute form without a path means the same (RFC 9112 section 3.2.4)';
is $pc->request('OPTIONS', '/a')->body, 'OPTIONS /a', 'OPTIONS of a path is another thing';
done_testing;
