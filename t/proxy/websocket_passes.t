# Upgrade: 101 and then raw bytes both ways, with nginx's usual configuration for WebSocket.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) {
    return [400, {}, 'no upgrade'] unless ($request->header('upgrade') // '') eq 'websocket' && ($request->header('connection') // '') =~ /upgrade/i;
    return {status => 101, headers => {Upgrade => 'websocket', Connection => 'upgrade'}, tunnel => sub ($bytes) { uc $bytes }};
});
my $pc = Proxycache->start(origin => $origin, http => <<'H', server => <<'E');
map $http_upgrade $connection_upgrade { default upgrade; '' close; }
H
    location / {
        proxy_pass http://%%origin%%;
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_upgrade;
    }
E
my $client = $pc->connect;
my $response = $client->ask(GET => '/chat', {Upgrade => 'websocket', Connection => 'Upgrade'});
is $response->status, 101, 'switching protocols';
is lc $response->header('upgrade'), 'websocket', 'Upgrade';
like $response->header('connection'), qr/upgrade/i, 'Connection';
for my $word (qw(hello world)) {
    $client->write($word);
    is $client->read_bytes(length $word), uc $word, "$word and back";
}
$client->close;
ok $origin->wait_closed(1), 'the origin hears of the end';
is $pc->get('/plain')->status, 400, 'without Upgrade nothing is switched';
done_testing;
