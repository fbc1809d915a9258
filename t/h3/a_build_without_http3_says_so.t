# A program without the libraries of HTTP/3 refuses what needs them, by name, and does all else.
use lib 't/lib';
use Proxycache;
use Http3;

plan(skip_all => 'built with HTTP/3') if Http3::is_built(Proxycache::binary());
for my $line ('listen 127.0.0.1:8443 quic;', 'http3 on;') {
    my $result = Proxycache->run(conf => "http { server { $line } }", args => ['-t']);
    is $result->{status}, 1, "$line is refused";
    like $result->{err}, qr/"(quic|http3)" needs HTTP\/3, which this program is built without/, 'by name';
}
my $pc = Proxycache->start(server => 'http3 off; return 200 served;');
is $pc->get('/')->body, 'served', 'requests are answered';
done_testing;
