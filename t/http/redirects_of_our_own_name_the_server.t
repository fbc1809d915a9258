# absolute_redirect, port_in_redirect, server_name_in_redirect: what Location says where we redirect ourselves.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(http => <<'H');
server {
    listen %%listen%%; server_name named.example other.example;
    location /a      { return 301 /to; }
    location /rel    { absolute_redirect off; return 301 /to; }
    location /noport { port_in_redirect off; return 301 /to; }
    location /name   { server_name_in_redirect on; return 301 /to; }
    location /both   { server_name_in_redirect on; port_in_redirect off; return 302 /to?a=b; }
    location /far    { return 301 https://far.example/x; }
    location /rw     { rewrite ^ /new redirect; }
    location /slash/ { proxy_pass http://%%dead%%; }
    location /rs/    { absolute_redirect off; proxy_pass http://%%dead%%; }
}
H
my $port = $pc->port('listen');
my %expected = (
    '/a'      => "http://other.example:$port/to",
    '/rel'    => '/to',
    '/noport' => 'http://other.example/to',
    '/name'   => "http://named.example:$port/to",
    '/both'   => 'http://named.example/to?a=b',
    '/far'    => 'https://far.example/x',
    '/rw'     => "http://other.example:$port/new",
    '/slash'  => "http://other.example:$port/slash/",
    '/slash?q=1' => "http://other.example:$port/slash/?q=1",
);
is $pc->get($_, {Host => 'other.example'})->header('location'), $expected{$_}, $_ for sort keys %expected;
is $pc->get('/a', {Host => 'Other.Example:99'})->header('location'), "http://other.example:$port/to", 'the port is the one listened on';
my $old = $pc->connect;
$old->write("GET /a HTTP/1.0\r\n\r\n");
is $old->read_response->header('location'), "http://127.0.0.1:$port/to", 'without Host our own address stands there';
unlike $pc->get('/a', {Host => "other.example"})->head, qr/\n\n|\r\r/, 'and no line is broken';
is $pc->get('/slash%0d%0aSet-Cookie:x', {Host => 'x'})->header('set-cookie'), undef, 'an escaped CRLF stays escaped';
done_testing;
