# A browser's WebSocket over HTTP/2 (RFC 8441) reaches an HTTP/1.1 origin.
use lib 't/lib';
use Proxycache;
use Certificates;
use Browser;

plan(skip_all => 'no Chromium is installed (Debian: chromium-headless-shell)') unless Browser::find();
my $page = <<'J';
<!DOCTYPE html><title>x</title><img src=/hold><script>
const socket = new WebSocket(`wss://${location.host}/socket`);
socket.onopen = () => socket.send('hello');
socket.onmessage = e => fetch(`/report/${e.data}`);
socket.onerror = () => fetch('/report/error');
</script>
J

# RFC 6455 §5.2: a short masked text is answered in capitals.
sub answer ($bytes) {
    my ($head, $length, $mask) = unpack 'CCa4', $bytes;
    my $text = substr($bytes, 6, $length & 127) ^. substr($mask x 40, 0, $length & 127);
    return $head == 0x81 ? pack('CC', 0x81, length $text) . uc $text : '';
}
my $origin = Origin->new(sub ($request) {
    return [200, {'Content-Type' => 'text/html'}, $page] if $request->target eq '/';
    return {raw => [[wait => 'report'], "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"]} if $request->target eq '/hold';
    return [204, {}, ''] unless $request->target eq '/socket';
    return {status => 101, headers => {Upgrade => 'websocket', Connection => 'upgrade', 'X-Key' => $request->header('sec-websocket-key')}, tunnel => \&answer};
});
my $certs = Certificates->new->make('a.test');
my $pc    = Proxycache->start(origin => $origin, http => <<"H");
    log_format f '\$request \$status'; access_log logs/f.log f;
    server { listen %%listen%% ssl; server_name a.test; http2 on; @{[$certs->lines('a.test')]}
        location / { proxy_pass http://%%origin%%; proxy_set_header Upgrade \$http_upgrade; proxy_set_header Connection \$connection_upgrade; } }
    map \$http_upgrade \$connection_upgrade { default upgrade; '' close; }
H
my $browser = Browser::open('https://a.test:' . $pc->port('listen') . '/');
my @reports;
$pc->wait_for(sub { @reports = grep { m{^/report/} } map { $_->target } $origin->heads; @reports }, 30);
is "@reports", '/report/HELLO', 'the browser has got the answer';
$origin->release('report');
like $browser->dom, qr/<title>x</, 'and has loaded the page';
ok $pc->wait_for(sub { $pc->read_file('logs/f.log') =~ m{^CONNECT /socket HTTP/2\.0 101$}m }), 'by extended CONNECT' or diag $pc->read_file('logs/f.log');
done_testing;
