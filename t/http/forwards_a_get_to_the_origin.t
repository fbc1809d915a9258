# A GET is forwarded with its target and Host, and the origin's answer comes back whole.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {'Content-Type' => 'text/plain', 'X-Origin' => 'yes'}, 'hello from the origin'] });
my $pc     = Proxycache->start(origin => $origin, server => <<'E');
    location / {
        proxy_pass http://%%origin%%;
    }
E

my $client   = $pc->connect;
my $response = $client->ask(GET => '/a/path?with=query', {Host => 'example.com'});

is $response->status, 200, 'status';
is $response->body, 'hello from the origin', 'body';
is $response->header('x-origin'), 'yes', 'field';
is $response->header('content-type'), 'text/plain', 'type';

my $seen = $origin->request;
is $seen->method, 'GET', 'method at the origin';
is $seen->target, '/a/path?with=query', 'target at the origin';
is $seen->header('host'), $origin->address, 'Host is $proxy_host unless proxy_set_header says otherwise';

is $client->ask(GET => '/again')->status, 200, 'the connection is kept alive';

done_testing;
