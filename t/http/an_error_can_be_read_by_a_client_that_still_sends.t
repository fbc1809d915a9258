# lingering_close: what the client sends meanwhile is read and thrown away, so that no RST destroys our answer.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(server => <<'E');
    client_max_body_size 1k; lingering_timeout 2s;
    location / { proxy_pass http://%%dead%%; }
E
for (1 .. 10) {
    my $client = $pc->connect;
    $client->write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n" . 'x' x 1_500_000);
    is $client->read_response(method => 'POST')->status, 413, 'the answer arrives';
    $client->write('x' x 1_500_000);
    $client->shutdown_write;
    ok $client->closed && $client->ended eq 'eof', 'and a clean end';
}
done_testing;
