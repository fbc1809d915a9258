# What was being fetched when a purge came is not served from the cache afterwards, though it was stored later than the purge.
use lib 't/lib';
use Proxycache;
use Control;

my $origin = Origin->new(
    sub ($request) {
        my $head = "HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nSurrogate-Key: red\r\nContent-Length: 4\r\n\r\n";
        return [200, {'Cache-Control' => 'max-age=600', 'Surrogate-Key' => 'red'}, 'new!'] if $request->{number} > 1;
        return {raw => [[wait => 'head'], $head, 'ol', [wait => 'body'], 'd!']};
    }
);
my $pc = Proxycache->start(
    origin  => $origin,
    workers => 4,
    conf    => 'control unix:run/proxycache.sock;',
    http    => 'proxy_cache_path cache keys_zone=one:1m;',
    server  => 'location / { proxy_pass http://%%origin%%; proxy_cache one; }'
);
my $control = Control->new($pc);
my $client  = $pc->connect;
$client->request(GET => '/a');
$origin->wait_held('head', 1);
is $control->purge(tag => 'red')->{status}, 200, 'purged before its head is there';
$origin->release('head');
$origin->wait_held('body', 1);
$origin->release('body');
is $client->read_response->body, 'old!', 'who asked before is answered';
is $pc->get('/a')->body, 'new!', 'who asks afterwards is not answered with it';
is $pc->get('/a')->header('x-cache'), 'HIT', 'and what was fetched then is used';
done_testing;
