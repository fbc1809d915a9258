# RFC 9111 section 3.3: a response that was cut short is never served as if it were complete.
use lib 't/lib';
use Proxycache;

my $n      = 0;
my $origin = Origin->new(sub ($request) {
    return [200, {'Cache-Control' => 'max-age=60'}, 'whole body'] if $n++;
    {raw => ["HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 10\r\n\r\nwhole", ['close']]}
});
my $pc = Proxycache->start(origin => $origin, http => 'proxy_cache_path cache keys_zone=one:1m;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
E

my $client = $pc->connect;
$client->request(GET => '/a');
ok $client->read_response->truncated, 'the client sees that it was cut';
my $second = $pc->get('/a');
is $second->header('x-cache'), 'MISS', 'nothing was stored';
is $second->body, 'whole body', 'the next request gets the whole';

done_testing;
