# RFC 9112 section 3.2.2: the host in an absolute target counts, whatever Host says; the origin sees one host and the origin form.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, join ' ', $request->target, $request->header('host')] });
my $pc     = Proxycache->start(origin => $origin, http => <<'H');
server { listen %%listen%%; server_name other; return 200 other; }
server { listen %%listen%%; server_name named; location / { proxy_pass http://%%origin%%; proxy_set_header Host $http_host; } }
server { listen %%listen%%; server_name host; location / { proxy_pass http://%%origin%%; proxy_set_header Host $host; } }
H
is $pc->get('http://named/a?b', {Host => 'other'})->body, '/a?b named', 'the target wins over Host';
is $pc->get('HTTP://named:81/a', {Host => 'named:81'})->body, '/a named:81', 'scheme in capitals, with port';
is $pc->get('http://host?q', {Host => 'other'})->body, '/?q host', 'no path';
is $pc->get('http://named', {Host => 'x'})->body, '/ named', 'neither path nor query';
for my $bad ('http:///a', 'http://', 'ftp://named/', 'http://me@named/', 'http://na med/', 'http://named:x/') {
    my $client = $pc->connect;
    $client->write("GET $bad HTTP/1.1\r\nHost: named\r\n\r\n");
    is $client->read_response(method => 'GET')->status, 400, "$bad: 400";
    ok $client->closed, 'closed';
}
my $client = $pc->connect;
$client->write("GET http://named/ HTTP/1.1\r\n\r\n");
is $client->read_response(method => 'GET')->status, 400, 'without any Host: 400 all the same';
$client = $pc->connect;
$client->write("GET http://named/ HTTP/1.1\r\nHost: a b\r\n\r\n");
is $client->read_response(method => 'GET')->status, 400, 'with a Host that is none: 400';
is $origin->requests, 4, 'the origin saw the good ones';
done_testing;
