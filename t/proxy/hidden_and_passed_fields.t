# Server and X-Accel-* of the origin are hidden, Date is passed; proxy_hide_header and proxy_pass_header change it.
use lib 't/lib';
use Proxycache;

my $date   = 'Sun, 06 Nov 1994 08:49:37 GMT';
my $origin = Origin->new(sub ($request) { [200, {Server => 'origin', Date => $date, 'X-Pad' => 'x', 'X-Secret' => 's', 'X-Accel-Expires' => 0,
    'X-Kept' => 'k', Connection => 'X-Hop', 'X-Hop' => 'h'}, 'ok'] });
my $pc = Proxycache->start(origin => $origin, server => <<'E');
    location /default { proxy_pass http://%%origin%%; }
    location /changed { proxy_pass http://%%origin%%; proxy_hide_header X-Secret; proxy_pass_header Server; }
E
my $response = $pc->get('/default');
isnt $response->header('server'), 'origin', 'Server is ours';
is $response->header('date'), $date, 'Date is the origin\'s';
is scalar($response->headers('date')), 1, 'one Date';
is $response->header($_), undef, "$_ is hidden" for qw(x-pad x-accel-expires x-hop);
is $response->header('x-secret'), 's', 'all else is passed';
$response = $pc->get('/changed');
is $response->header('server'), 'origin', 'proxy_pass_header';
is $response->header('x-secret'), undef, 'proxy_hide_header';
is $response->header('x-kept'), 'k', 'the rest';
done_testing;
