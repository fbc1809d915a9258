# Who waits for a head longer than proxy_cache_lock_timeout asks itself; after a response that could not be stored nobody waits.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(
    sub ($request) {
        my $control = $request->path eq '/private' ? 'no-store' : 'max-age=60';
        {raw => [[wait => 'head'], "HTTP/1.1 200 OK\r\nCache-Control: $control\r\nContent-Length: 4\r\n\r\nbody"]}
    }
);
my $pc = Proxycache->start(origin => $origin, workers => 4, http => 'proxy_cache_path cache keys_zone=one:1m;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; proxy_cache_lock_timeout 100ms; proxy_cache_lock_age 60s; }
    location /private { proxy_pass http://%%origin%%; proxy_cache one; proxy_cache_lock_timeout 60s; proxy_cache_lock_age 60s; }
    location /off { proxy_pass http://%%origin%%; proxy_cache one; proxy_cache_lock off; }
E

sub ask ($path, $count) { map { my $client = $pc->connect; $client->request(GET => $path); $client } 1 .. $count }

my @slow = ask('/slow', 2);
ok $origin->wait_for_requests(2), 'the second asks itself after a while';
my @off = ask('/off', 3);
ok $origin->wait_for_requests(5), 'without the lock all ask at once';
my @private = ask('/private', 1);
ok $origin->wait_for_requests(6), 'a first request for what cannot be stored';
push @private, ask('/private', 3);
$origin->release('head');
is $_->read_response->status, 200, 'is answered' for @slow, @off, @private;
is scalar($origin->requests), 9, 'who waited for it was sent on';

$origin->hold('head');
my @later = ask('/private', 4);
ok $origin->wait_for_requests(13), 'later requests do not wait for one another';
$origin->release('head');
is $_->read_response->status, 200, 'and are answered' for @later;

done_testing;
