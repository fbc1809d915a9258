# An answer that two readers could understand differently is not handed on: 502, nothing of it, and the connection to the
# origin is not used again.
use lib 't/lib';
use Proxycache;

my %table = (
    'two lengths'                   => "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nevil",
    'the same length twice'         => "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nevil",
    'a list of lengths'             => "HTTP/1.1 200 OK\r\nContent-Length: 4, 4\r\n\r\nevil",
    'no number'                     => "HTTP/1.1 200 OK\r\nContent-Length: 0x4\r\n\r\nevil",
    'length and chunked'            => "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n",
    'chunked not last'              => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n4\r\nevil\r\n0\r\n\r\n",
    'chunked twice'                 => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n",
    'an unknown coding'             => "HTTP/1.1 200 OK\r\nTransfer-Encoding: evil\r\n\r\nevil",
    'chunked in HTTP/1.0'           => "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n",
    'LF for CRLF'                   => "HTTP/1.1 200 OK\nContent-Length: 4\n\nevil",
    'a bare CR'                     => "HTTP/1.1 200 OK\r\nX: a\rEvil: b\r\nContent-Length: 4\r\n\r\nevil",
    'a folded line'                 => "HTTP/1.1 200 OK\r\nX: a\r\n evil: b\r\nContent-Length: 4\r\n\r\nevil",
    'blank before the colon'        => "HTTP/1.1 200 OK\r\nEvil : a\r\nContent-Length: 4\r\n\r\nevil",
    'NUL'                           => "HTTP/1.1 200 OK\r\nEvil: \0\r\nContent-Length: 4\r\n\r\nevil",
    'no colon'                      => "HTTP/1.1 200 OK\r\nEvil\r\nContent-Length: 4\r\n\r\nevil",
    'a status of two digits'        => "HTTP/1.1 20 Evil\r\nContent-Length: 4\r\n\r\nevil",
    'a status below 100'            => "HTTP/1.1 042 Evil\r\nContent-Length: 4\r\n\r\nevil",
    'another version'               => "HTTP/2.0 200 Evil\r\nContent-Length: 4\r\n\r\nevil",
    'no HTTP'                       => "SSH-2.0-Evil\r\n\r\n",
    '101 unasked'                   => "HTTP/1.1 101 Evil\r\nUpgrade: evil\r\nConnection: upgrade\r\n\r\nevil",
);
my @names  = sort keys %table;
my $origin = Origin->new(sub ($request) { {raw => [$table{$names[substr $request->target, 1]}]} });
my $pc     = Proxycache->start(origin => $origin, server => 'location / { proxy_pass http://%%origin%%; }');
for my $index (0 .. $#names) {
    my $client   = $pc->connect;
    my $response = $client->ask(GET => "/$index");
    is $response->status, 502, $names[$index];
    unlike $response->head . $response->body, qr/evil/i, 'nothing of it came through';
    ok $client->is_quiet, 'and nothing behind it';
}
is $origin->connections, $origin->requests, 'each on a connection of its own';
done_testing;
