# Requests sent without waiting, bodies in both framings among them, are answered one after the other.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, $request->target . ' ' . $request->body] });
my $pc     = Proxycache->start(origin => $origin, server => 'location / { proxy_pass http://%%origin%%; } location /no { return 200 no; }');
my $all = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
    . "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
    . "POST /no HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nskip"
    . "POST /4 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1;x=y\r\nf\r\n0\r\n\r\n"
    . "\r\nGET /5 HTTP/1.1\r\nHost: a\r\n\r\n";
my @expected = ('/1 ', '/2 abc', 'no', '/4 def', '/5 ');
for my $step (length $all, 100, 7, 1) {
    my $client = $pc->connect;
    $client->write(substr $all, $_ * $step, $step) for 0 .. length($all) / $step;
    is_deeply [map { $client->read_response(method => 'GET')->body } @expected], \@expected, "in pieces of $step";
    ok $client->is_quiet, 'and the connection stays';
}
done_testing;
