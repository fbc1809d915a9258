use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(server => 'location / { return 200 ok; }');
my %answers = (
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" => 501,
    "GET / HTTP/2.0\r\nHost: a\r\n\r\n"                                               => 505,
    "GET / HTTP/1.7\r\nHost: a\r\n\r\n"                                               => 200,
);
for my $bytes (sort keys %answers) {
    my $client = $pc->connect;
    $client->write($bytes);
    is $client->read_response->status, $answers{$bytes}, $bytes =~ s/\r\n.*//sr;
}
done_testing;
