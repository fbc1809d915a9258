# proxy_buffer_size: a longer head of the origin is a 502.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {'X-Long' => 'x' x 6000}, 'long'] });
my $pc = Proxycache->start(origin => $origin, server => <<'E');
    location /small { proxy_buffer_size 4k; proxy_pass http://%%origin%%; }
    location /large { proxy_buffer_size 8k; proxy_pass http://%%origin%%; }
E
is $pc->get('/small')->status, 502, 'a head of 6 KiB in 4';
like $pc->error_log, qr/upstream sent too big header/, 'is told';
is $pc->get('/large')->body, 'long', 'in 8';
done_testing;
