# listen ... proxy_protocol: the header of version 1 or 2 in front of a connection tells its client; what is no header ends
# the connection before a request is heard.
use lib 't/lib';
use Proxycache;
use Socket qw(inet_pton AF_INET6);
use IO::Socket::UNIX;

my $pc = Proxycache->start(http => <<'E');
    log_format who '$remote_addr $realip_remote_addr $proxy_protocol_addr';
    access_log logs/who.log who;
    server {
        listen %%listen%% proxy_protocol;
        client_header_timeout 1s;
        location / { return 200 "$remote_addr|$proxy_protocol_addr|$proxy_protocol_port|$proxy_protocol_server_addr|$proxy_protocol_server_port"; }
        location /tlv { return 200 "$proxy_protocol_tlv_authority|$proxy_protocol_tlv_0x02|$proxy_protocol_tlv_ssl_cn|$proxy_protocol_tlv_ssl_verify|$proxy_protocol_tlv_alpn|$proxy_protocol_tlv_nonsense"; }
        location /real { set_real_ip_from 127.0.0.0/8; real_ip_header proxy_protocol; try_files /none =204; add_header X-Client $remote_addr always; }
        location /strange { set_real_ip_from 10.0.0.0/8; real_ip_header proxy_protocol; try_files /none =204; add_header X-Client $remote_addr always; }
    }
    server { listen unix:%%prefix%%/in.sock proxy_protocol; return 200 "$proxy_protocol_addr|$remote_addr"; }
    server { listen %%listen_plain%%; return 200 "[$proxy_protocol_addr]"; }
E

sub v2 ($command, $family, $addresses, @tlvs) {
    my $rest = $addresses . join '', map { pack 'C n/a*', @$_ } @tlvs;
    return "\r\n\r\n\0\r\nQUIT\n" . pack 'C C n/a*', 0x20 | $command, $family, $rest;
}
sub ask ($header, $path = '/') {
    my $client = $pc->connect;
    $client->write($header, "GET $path HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    return $client->read_response;
}
my $v4 = pack 'C4 C4 n n', 192, 0, 2, 1, 192, 0, 2, 2, 5000, 80;
my $v6 = inet_pton(AF_INET6, '2001:db8::1') . inet_pton(AF_INET6, '2001:db8::2') . pack 'n n', 5000, 443;

is ask("PROXY TCP4 192.0.2.1 192.0.2.2 5000 80\r\n")->body, '127.0.0.1|192.0.2.1|5000|192.0.2.2|80', 'version 1, IPv4';
is ask("PROXY TCP6 2001:db8::1 2001:db8::2 5000 443\r\n")->body, '127.0.0.1|2001:db8::1|5000|2001:db8::2|443', 'version 1, IPv6';
is ask("PROXY UNKNOWN whatever\r\n")->body, '127.0.0.1||||', 'version 1, unknown';
is ask(v2(1, 0x11, $v4))->body, '127.0.0.1|192.0.2.1|5000|192.0.2.2|80', 'version 2, IPv4';
is ask(v2(1, 0x21, $v6))->body, '127.0.0.1|2001:db8::1|5000|2001:db8::2|443', 'version 2, IPv6';
is ask(v2(1, 0x31, pack 'a108 a108', '/run/from', '/run/to'))->body, '127.0.0.1|unix:/run/from||unix:/run/to|', 'version 2, Unix';
is ask(v2(0, 0x11, $v4))->body, '127.0.0.1||||', 'version 2, LOCAL: nothing is said';
is ask(v2(1, 0x00, 'abc'))->body, '127.0.0.1||||', 'version 2, unspecified';

my $ssl = pack('C N', 1, 0) . pack('C n/a*', 0x22, 'someone');
my $tlvs = ask(v2(1, 0x11, $v4, [2, 'example.com'], [0x20, $ssl]), '/tlv')->body;
is $tlvs, 'example.com|example.com|someone|0||', 'TLVs, by name and by number';

is ask(v2(1, 0x11, $v4), '/real')->header('X-Client'), '192.0.2.1', 'real_ip_header proxy_protocol: a trusted peer is believed';
is ask(v2(1, 0x11, $v4), '/strange')->header('X-Client'), '127.0.0.1', 'another is not';
ok $pc->wait_for(sub { $pc->read_file('logs/who.log') =~ /^192\.0\.2\.1 127\.0\.0\.1 192\.0\.2\.1$/m }), 'the log sees all';

# A header that comes byte by byte, and the request with its last byte.
my $slow = $pc->connect;
$slow->write($_) for split //, "PROXY TCP4 192.0.2.7 192.0.2.2 5000 80\r";
$slow->write("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
like $slow->read_response->body, qr/\|192\.0\.2\.7\|/, 'a header in pieces';
is $slow->ask('GET', '/real')->header('X-Client'), '192.0.2.7', 'it holds for the connection';

my $unix = IO::Socket::UNIX->new(Peer => $pc->{prefix} . '/in.sock') or die $!;
$unix->autoflush(1);
print $unix "PROXY TCP4 192.0.2.1 192.0.2.2 5000 80\r\nGET / HTTP/1.0\r\n\r\n";
like do { local $/; <$unix> }, qr/192\.0\.2\.1\|unix:$/, 'over a Unix socket';

my %broken = (
    'no header'          => "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    'a line too long'    => 'PROXY UNKNOWN ' . 'a' x 200,
    'a bare LF'          => "PROXY TCP4 192.0.2.1 192.0.2.2 5000 80\n",
    'a wrong family'     => "PROXY TCP4 ::1 ::1 5000 80\r\n",
    'a port too large'   => "PROXY TCP4 192.0.2.1 192.0.2.2 5000 65536\r\n",
    'a strange version'  => "\r\n\r\n\0\r\nQUIT\n\x31\x11\0\x0c$v4",
    'a strange command'  => v2(7, 0x11, $v4),
    'a length too large' => "\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff",
    'short addresses'    => v2(1, 0x21, $v4),
    'a cut TLV'          => v2(1, 0x11, "$v4\x02\0\x09abc"),
    'a wrong checksum'   => v2(1, 0x11, $v4, [3, "\0\0\0\1"]),
);
for my $what (sort keys %broken) {
    my $client = $pc->connect;
    $client->write($broken{$what});
    ok $client->closed, "$what: closed";
}
my $broken = keys %broken;
my $line   = qr/\[error\].*broken header: .* while reading the PROXY protocol header, client: 127\.0\.0\.1/;
ok $pc->wait_for(sub { (() = $pc->error_log =~ /$line/g) == $broken }), 'each is logged';
my $silent = $pc->connect;
$silent->write('PROXY TCP4');
ok $silent->closed, 'one that does not come is waited for only so long';
is $pc->get('/', {}, listen => 'listen_plain')->body, '[]', 'without it a plain connection';
done_testing;
