# What was purged is not validated any more but fetched; a validation under way when the purge came brings nothing back.
use lib 't/lib';
use Proxycache;
use Control;

my $origin = Origin->new(
    sub ($request) {
        my $tag  = $request->header('if-none-match') // 'none';
        my $life = $request->path eq '/fresh' ? 600 : 0;
        my $head = "Cache-Control: max-age=%d, stale-while-revalidate=600, stale-if-error=600\r\nSurrogate-Key: red\r\nETag: \"1\"\r\nX-Asked: $tag\r\n\r\n";
        return {raw => [[wait => 'update'], "HTTP/1.1 304 Not Modified\r\n" . sprintf($head, 600)]} if $tag ne 'none';
        return {raw => ["HTTP/1.1 200 OK\r\nContent-Length: 4\r\n" . sprintf($head, $life) . 'body']};
    }
);
my $pc = Proxycache->start(
    origin  => $origin,
    workers => 2,
    conf    => 'control unix:run/proxycache.sock;',
    http    => 'proxy_cache_path cache keys_zone=one:1m;',
    server  => 'location / { proxy_pass http://%%origin%%; proxy_cache one; }'
);
my $control = Control->new($pc);

is $pc->get('/a')->header('x-cache'), 'MISS', 'stored, and stale';
is $pc->get('/a')->header('x-cache'), 'STALE', 'given while it is validated';
ok $origin->wait_held('update', 1), 'the origin is asked whether it is current';
is $control->purge(tag => 'red')->{status}, 200, 'it is purged meanwhile';
$origin->release('update');
my $after;
wait_until(sub { ($after = $pc->get('/a'))->header('x-asked') eq 'none' && $origin->requests >= 3 }, 10);
is $after->header('x-asked'), 'none', 'afterwards the whole is asked for';
is $after->header('x-cache'), 'MISS', 'and what the 304 said is not used';
is scalar(grep { ($origin->request($_)->header('if-none-match') // '') ne '' } 2 .. $origin->requests - 1), 0, 'no validation of what was purged';

# A response that grows in one worker when its tag is purged is not given by another one.
my $slow = Origin->new(
    sub ($request) {
        return [200, {'Cache-Control' => 'max-age=600', 'Surrogate-Key' => 'red'}, 'new!'] if $request->{number} > 1;
        return {raw => ["HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nSurrogate-Key: red\r\nContent-Length: 4\r\n\r\nol", [wait => 'body'], 'd!']};
    }
);
my $pc2 = Proxycache->start(
    origin  => $slow,
    workers => 4,
    conf    => 'control unix:run/proxycache.sock;',
    http    => 'proxy_cache_path cache keys_zone=one:1m;',
    server  => 'location / { proxy_pass http://%%origin%%; proxy_cache one; }'
);
my $client = $pc2->connect;
$client->request(GET => '/b');
ok $slow->wait_held('body', 1), 'it grows';
Control->new($pc2)->purge(tag => 'red');
is $pc2->get('/b')->body, 'new!', 'not given any more' for 1 .. 8;
is $slow->requests, 2, 'one fetch for all who came afterwards';
$slow->release('body');
is $client->read_response->body, 'old!', 'who had it already is served to the end';
done_testing;
