# ssl_preread: the name, the protocols and the version that a ClientHello offers choose where a connection goes, and it
# arrives there unopened, from its first byte. What is no TLS goes on without them; too much and too slow is ended.
use lib 't/lib';
use Proxycache;
use TcpOrigin;

my ($a, $b, $rest) = map { TcpOrigin->new } 1 .. 3;
my $pc = Proxycache->start(a => $a, b => $b, rest => $rest, conf => <<'E');
    stream {
        log_format line '$status $ssl_preread_server_name $ssl_preread_alpn_protocols $ssl_preread_protocol $where';
        access_log logs/stream.log line;
        map $ssl_preread_server_name $where {
            hostnames;
            a.example     %%a%%;
            *.b.example   group;
            plain.example $ssl_preread_server_name;
            default       %%rest%%;
        }
        upstream group { server %%b%%; }
        ssl_preread on;
        server { listen %%listen%%; proxy_pass $where; }
        server { listen unix:%%prefix%%/in.sock; proxy_pass $where; }
        server { listen %%listen_small%%; proxy_pass $where; preread_buffer_size 64; }
        server { listen %%listen_fast%%; proxy_pass $where; preread_timeout 1s; }
        server { listen %%listen_off%%; ssl_preread off; return "[$ssl_preread_server_name]"; }
    }
E

sub hello ($name, $alpn = [], $versions = []) {
    my $extensions = '';
    $extensions .= pack 'n n/a*', 0, pack('n/a*', pack('C n/a*', 0, $name)) if defined $name;
    $extensions .= pack 'n n/a*', 16, pack('n/a*', join '', map { pack 'C/a*', $_ } @$alpn) if @$alpn;
    $extensions .= pack 'n n/a*', 43, pack('C/a*', pack 'n*', @$versions) if @$versions;
    my $body = pack('n a32', 0x0303, 'r' x 32) . pack('C/a* n/a* C/a*', '', pack('n', 0x1301), "\0") . pack('n/a*', $extensions);
    return pack('C', 1) . substr(pack('N', length $body), 1) . $body;
}
sub records ($message, $size = 16384) {
    return join '', map { pack 'C n n/a*', 22, 0x0301, $_ } $message =~ /(.{1,$size})/gs;
}

my @cases = (
    ['a name',                   $a,    hello('a.example', ['h2', 'http/1.1'], [0x1a1a, 0x0304, 0x0303]), 16384, "200 a.example h2,http/1.1 TLSv1.3 " . $a->address],
    ['a group by a wildcard',    $b,    hello('x.b.example'),                                              16384, '200 x.b.example - TLSv1.2 group'],
    ['spread over many records', $b,    hello('y.b.example'),                                              3,     '200 y.b.example - TLSv1.2 group'],
    ['no name',                  $rest, hello(undef),                                                      16384, '200 - - TLSv1.2 ' . $rest->address],
);
my $lines = 0;
my $logs  = sub ($line, $what) {
    ++$lines;
    $line =~ s/ -(?= )/ /g;
    ok $pc->wait_for(sub { (split /\n/, $pc->read_file('logs/stream.log'))[$lines - 1] }), "$what: logged";
    is +(split /\n/, $pc->read_file('logs/stream.log'))[$lines - 1] =~ s/ -(?= )/ /gr, $line, "$what: what the log says";
};
for my $case (@cases) {
    my ($what, $origin, $hello, $size, $line) = @$case;
    for my $listen ('listen', "unix:$pc->{prefix}/in.sock") {
        my $client = $pc->connect($listen);
        my $bytes  = records($hello, $size);
        $client->write($_) for substr($bytes, 0, 7), substr($bytes, 7);
        my $server = $origin->accept;
        is $server->read_bytes(length $bytes), $bytes, "$what: arrives as it was sent";
        $client->write('more');
        is $server->read_bytes(4), 'more', 'with what follows';
        $server->close;
        ok $client->closed, 'to the end';
        $logs->($line, $what);
    }
}

my $client = $pc->connect;
$client->write("GET / HTTP/1.0\r\n\r\n");
my $server = $rest->accept;
is $server->read_until("\r\n\r\n"), "GET / HTTP/1.0\r\n\r\n", 'what is no TLS is passed on too';
$server->close;
ok $client->closed, 'to its end';
$logs->('200    ' . $rest->address, 'no TLS');

$client = $pc->connect;
$client->write(records(hello('plain.example')));
ok $client->closed, 'a name that is no group and has no port: closed';
$logs->('500 plain.example  TLSv1.2 plain.example', 'no port');
like $pc->error_log, qr/no port in upstream "plain.example"/, 'and told';

$client = $pc->connect('listen_small');
$client->write(substr records(hello('a' x 200)), 0, 64);
ok $client->closed, 'more than preread_buffer_size: closed';
ok $pc->wait_log(qr/preread buffer full/), 'and told';

$client = $pc->connect('listen_fast');
$client->write(substr records(hello('a.example')), 0, 20);
ok $client->closed, 'not whole within preread_timeout: closed';
is $pc->connect('listen_off')->read_all, '[]', 'off: nobody waits for it';
done_testing;
