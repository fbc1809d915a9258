# postpone_output: four hundred chunks of a byte that are there at once leave as one; 0: as each look at the origin gives them.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) {
    my $head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    return {raw => [$head . join('', map { "1\r\nx\r\n" } 1 .. 400), [wait => 'end'], "0\r\n\r\n"]};
});
my $pc = Proxycache->start(origin => $origin, server => <<'E');
    proxy_buffering off;
    location /gathered { postpone_output 1460; proxy_pass http://%%origin%%; }
    location /each     { postpone_output 0; proxy_pass http://%%origin%%; }
E
sub first_chunk ($target) {
    my $client = $pc->connect;
    $client->request('GET', $target);
    $client->read_head;
    my $size = hex $client->read_until("\r\n") =~ s/\r\n//r;
    $origin->release_one('end');
    return $size;
}
is first_chunk('/gathered'), 400, 'gathered';
cmp_ok first_chunk('/each'), '<', 400, 'not gathered';
done_testing;
