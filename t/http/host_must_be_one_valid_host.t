# RFC 9112 section 3.2: no Host, several, or one that is no host: 400, close, never forwarded.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, $request->header('x-host') // 'none'] });
my $pc     = Proxycache->start(origin => $origin, server => 'location / { proxy_pass http://%%origin%%; proxy_set_header X-Host $host; }');
my %table  = (
    'none'                  => '',
    'two'                   => "Host: a\r\nHost: b\r\n",
    'the same twice'        => "Host: a\r\nHost: a\r\n",
    'empty'                 => "Host:\r\n",
    'a blank inside'        => "Host: a b\r\n",
    'a slash'               => "Host: a/b\r\n",
    'a user'                => "Host: me\@a\r\n",
    'a list'                => "Host: a, b\r\n",
    'a port that is none'   => "Host: a:b\r\n",
    'a port out of range'   => "Host: a:65536\r\n",
    'an open bracket'       => "Host: [::1\r\n",
    'brackets round a name' => "Host: [a.b]\r\n",
    'a backslash'           => "Host: a\\b\r\n",
    'a question mark'       => "Host: a?b\r\n",
    'a hash'                => "Host: a#b\r\n",
    'only a port'           => "Host: :80\r\n",
    'two dots'              => "Host: a..b\r\n",
);
for my $what (sort keys %table) {
    my $client = $pc->connect;
    $client->write("GET / HTTP/1.1\r\n$table{$what}\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
    is $client->read_response(method => 'GET')->status, 400, $what;
    ok $client->closed, "$what: closed";
}
is $origin->connections, 0, 'the origin never heard of any';
my %good = ('Example.COM' => 'example.com', 'a.b:8080' => 'a.b', '[::1]:80' => '[::1]', '127.0.0.1' => '127.0.0.1', 'a_b' => 'a_b');
is $pc->get('/', {Host => $_})->body, $good{$_}, "$_ is a host" for sort keys %good;
my $client = $pc->connect;
$client->write("GET / HTTP/1.0\r\n\r\n");
is $client->read_response(method => 'GET')->status, 200, 'HTTP/1.0 needs none';
done_testing;
