# Whatever an origin sends beyond its answer is thrown away with the connection: it must not become somebody else's answer.
use lib 't/lib';
use Proxycache;

my $evil = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX-Evil: 1\r\n\r\nevil";
my %answers = (
    '/length'   => "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood$evil",
    '/chunked'  => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ngood\r\n0\r\n\r\n$evil",
    '/trailers' => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ngood\r\n0\r\nX: y\r\n\r\n$evil",
    '/empty'    => "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n$evil",
    '/204'      => "HTTP/1.1 204 No Content\r\nContent-Length: " . length($evil) . "\r\n\r\n$evil",
    '/304'      => "HTTP/1.1 304 Not Modified\r\nContent-Length: " . length($evil) . "\r\n\r\n$evil",
    '/head'     => "HTTP/1.1 200 OK\r\nContent-Length: " . length($evil) . "\r\n\r\n$evil",
    '/late'     => "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood",
    '/100'      => "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood$evil",
);
my $origin = Origin->new(sub ($request) {
    return [200, {}, 'next'] if $request->target eq '/next';
    return {raw => [$answers{$request->target}, $request->target eq '/late' ? ([wait => 'late'], $evil) : ()]};
});
my $pc = Proxycache->start(origin => $origin, server => <<'E');
    location / { proxy_pass http://%%origin%%; }
E
for my $path (sort keys %answers) {
    my $client   = $pc->connect;
    my $response = $client->ask($path eq '/head' ? 'HEAD' : 'GET', $path);
    my $body     = $path =~ /head|204|304|empty/ ? '' : 'good';
    is $response->body, $body, "$path: the answer";
    if ($path eq '/late') { $origin->release('late'); $origin->wait_closed(scalar $origin->connections - 0) if 0 }
    my $next = $client->ask('GET', '/next');
    is $next->body, 'next', "$path: the next request has its own answer";
    is $next->header('x-evil'), undef, 'nothing of what was in between';
}
done_testing;
