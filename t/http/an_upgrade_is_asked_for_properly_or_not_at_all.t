# Upgrade goes to the origin only where the configuration passes it and Connection names it; h2c never (it would let a client speak to
# the origin behind every rule of the proxy); an origin that does not switch answers as usual.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, lc join ' ', map { $request->header($_) // 'none' } 'upgrade', 'http2-settings'] });
my $pc = Proxycache->start(origin => $origin, http => 'map $http_upgrade $conn { default upgrade; "" close; }', server => <<'E');
    location /pass { proxy_pass http://%%origin%%; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $conn; }
    location /not  { proxy_pass http://%%origin%%; }
E
my $client = $pc->connect;
is $client->ask('GET', '/pass', {Connection => 'upgrade', Upgrade => 'chat'})->body, 'chat none', 'passed on';
is $client->ask('GET', '/pass')->body, 'none none', 'the connection goes on when the origin does not switch';
is $client->ask('GET', '/not', {Connection => 'upgrade', Upgrade => 'chat'})->body, 'none none', 'not where nothing says so';
is $client->ask('GET', '/not', {Connection => 'Upgrade, HTTP2-Settings', Upgrade => 'h2c', 'HTTP2-Settings' => 'AAMAAABkAARAAAAAAAIAAAAA'})->body, 'none none', 'h2c';
unlike $client->ask('GET', '/pass', {Connection => 'Upgrade, HTTP2-Settings', Upgrade => 'h2c', 'HTTP2-Settings' => 'AAMAAABkAARAAAAAAAIAAAAA'})->body, qr/h2c/, 'h2c, even where Upgrade is passed';
done_testing;
