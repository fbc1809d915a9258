# send_timeout is for a client that takes nothing: an answer that waits behind a more urgent one goes on waiting while that one
# gets on; one whose own window is shut does not.
use lib 't/lib';
use Proxycache;
use Http2;
use Http2Client;

my $size   = 400_000;
my $origin = Origin->new(sub ($request) { [200, {'Cache-Control' => 'max-age=60'}, 'x' x $size] });
my $pc     = Proxycache->start(origin => $origin, http => <<'H');
    proxy_cache_path %%prefix%%/cache keys_zone=z:4m;
    server { listen %%listen%%; http2 on; send_timeout 500ms; location / { proxy_pass http://%%origin%%; proxy_cache z; } }
H
$pc->get('/');
my $c = Http2Client->new($pc->connect, settings => [INITIAL_WINDOW_SIZE, $size], gives => 0);
my ($first, $second) = map { $c->request(GET => '/', {priority => $_}) } 'u=0', 'u=7';
my $shut = Http2Client->new($pc->connect, settings => [INITIAL_WINDOW_SIZE, 0], gives => 0);
my $held = $shut->request(GET => '/');
for (1 .. 10) {    # more than twice its time
    wait_until(sub { 0 }, 0.12 / ($ENV{PATIENCE} // 1));
    $c->write(Http2::window_update(0, 20_000));
    $c->sync;
}
is $c->stream($second)->{length}, 0, 'the second waits';
ok !defined $c->stream($second)->{reset}, 'and is not reset';
$c->write(Http2::window_update(0, 2 * $size));
is $c->response_of($_)->body_length, $size, 'whole' for $first, $second;
is $shut->reset_code($held), CANCEL, 'whose own window is shut is';
done_testing;
