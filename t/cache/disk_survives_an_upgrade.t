# USR2 with a disk store: the new master's workers have what the old ones stored, also what is only on the disk, and nothing fails meanwhile.
use lib 't/lib';
use Proxycache;

my $size   = 3_000_000;
my $origin = Origin->new(sub ($request) {
    return {raw => ["HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: $size\r\n\r\n", [bytes => $size]]} if $request->path eq '/large';
    [200, {'Cache-Control' => 'max-age=600'}, $request->path x 2000]
});
my $pc = Proxycache->start(origin => $origin, workers => 2, conf => <<'E');
daemon on;
http {
    proxy_cache_path cache keys_zone=one:1m memory=1m max_size=64m;
    server { listen %%listen%%; location / { proxy_pass http://%%origin%%; proxy_cache one; } }
}
E
my $pid_file = $pc->path('logs/proxycache.pid');
my $pid_in = sub { Proxycache::slurp($pid_file) =~ /(\d+)/ ? $1 : 0 };
$pc->wait_log(qr{loaded, \d+ objects});    # the store is in use

my @paths = map { "/object/$_" } 1 .. 100;
my $hits = sub {
    my ($hits, $wrong) = (0, 0);
    for my $path (@paths) {
        my $response = $pc->get($path);
        $wrong++ if $response->status != 200 || $response->body ne $path x 2000;
        $hits++  if $response->header('x-cache') eq 'HIT';
    }
    is $wrong, 0, 'every body is right';
    return $hits;
};
my $large = $pc->get('/large')->body;
ok wait_until(sub { $hits->() == @paths && $pc->get('/large')->header('x-cache') eq 'HIT' }), 'all is stored';
my $fetches = $origin->requests;

my $old = $pid_in->();
kill USR2 => $old;
ok $pc->wait_for(sub { my $new = $pid_in->(); $new && $new != $old }), 'a new master';
my $new = $pid_in->();
ok $pc->wait_for(sub { $pc->workers($new) == 2 }), 'has workers';
kill WINCH => $old;
ok $pc->wait_for(sub { !$pc->workers($old) && !$pc->draining($old) }), 'the old workers leave';
is $hits->(), scalar @paths, 'everything is there while both masters are';
kill QUIT => $old;
ok $pc->wait_for(sub { !$pc->is_alive($old) }), 'the old master leaves';
is $hits->(), scalar @paths, 'and afterwards';
my $hit = $pc->get('/large');
is $hit->header('x-cache'), 'HIT', 'what is only on the disk too';
ok $hit->body eq $large, 'with the right bytes';
is $origin->requests, $fetches, 'nothing was fetched again';
$pc->get('/new');
ok wait_until(sub { $pc->get('/new')->header('x-cache') eq 'HIT' }), 'and more is stored';

done_testing;
