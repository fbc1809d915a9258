# A chunked body that is not exactly what RFC 9112 section 7.1 says: 400 and close. With proxy_request_buffering on the origin
# hears nothing; without it the origin sees a request that never ends, not one that seems whole.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, 'ok'] });
my $pc     = Proxycache->start(origin => $origin, server => <<'E');
    location / { proxy_pass http://%%origin%%; }
    location /through { proxy_pass http://%%origin%%; proxy_request_buffering off; }
E
my %table = (
    'no size'                        => "\r\nabc\r\n0\r\n\r\n",
    'no hexadecimal size'            => "g\r\nabc\r\n0\r\n\r\n",
    'a sign'                         => "+3\r\nabc\r\n0\r\n\r\n",
    'a negative size'                => "-3\r\nabc\r\n0\r\n\r\n",
    '0x'                             => "0x3\r\nabc\r\n0\r\n\r\n",
    'a blank before the size'        => " 3\r\nabc\r\n0\r\n\r\n",
    'a blank behind the size'        => "3 \r\nabc\r\n0\r\n\r\n",
    'a size that overflows'          => "ffffffffffffffff3\r\nabc\r\n0\r\n\r\n",
    'a size above 63 bits'           => "8000000000000003\r\nabc\r\n0\r\n\r\n",
    'LF behind the size'             => "3\nabc\r\n0\r\n\r\n",
    'CR without LF behind the size'  => "3\rxabc\r\n0\r\n\r\n",
    'LF in an extension'             => "3;a=b\nabc\r\n0\r\n\r\n",
    'NUL in an extension'            => "3;a=\0\r\nabc\r\n0\r\n\r\n",
    'more payload than the size'     => "3\r\nabcd\r\n0\r\n\r\n",
    'less payload than the size'     => "3\r\nab\r\n0\r\n\r\n",
    'LF behind the payload'          => "3\r\nabc\n0\r\n\r\n",
    'a bad trailer'                  => "3\r\nabc\r\n0\r\nA : b\r\n\r\n",
    'a folded trailer'               => "3\r\nabc\r\n0\r\nA: b\r\n c\r\n\r\n",
    'a trailer that ends in LF'      => "3\r\nabc\r\n0\r\nA: b\n\r\n",
    'an end of LF'                   => "3\r\nabc\r\n0\r\n\n",
);
for my $path ('/', '/through') {
    for my $what (sort keys %table) {
        my $client = $pc->connect;
        $client->write("POST $path HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", $table{$what}, "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
        my $response = $client->read_response;
        is $response->status, 400, "$path $what";
        ok $client->closed, "$path $what: closed";
    }
    is $origin->heads, 0, 'the origin heard of none' if $path eq '/';
}
is $origin->requests, 0, 'the origin read no request to its end';
ok !(grep { $_->target =~ /smuggled/ } $origin->heads), 'nothing of what follows came through';
done_testing;
