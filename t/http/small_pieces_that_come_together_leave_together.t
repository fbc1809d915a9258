# postpone_output: small chunks that are there at once leave in one; what the origin says and then is silent is not held back.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) {
    my $head   = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    my $chunks = join '', map { "1\r\n$_\r\n" } 'a' .. 'j';
    return {raw => [$head . $chunks, [wait => 'more'], "1\r\nk\r\n0\r\n\r\n"]};
});
my $pc = Proxycache->start(origin => $origin, server => <<'E');
    proxy_buffering off;
    location / { proxy_pass http://%%origin%%; }
E
my $client = $pc->connect;
$client->request('GET', '/');
my $head = $client->read_head;
is $head->status, 200, 'the head';
is $client->read_bytes(15), "a\r\nabcdefghij\r\n", 'ten small pieces leave as one, at once';
$origin->release('more');
is $client->read_until("0\r\n\r\n"), "1\r\nk\r\n0\r\n\r\n", 'the next when it comes';
done_testing;
