# X-Accel-Limit-Rate, X-Accel-Charset and X-Accel-Buffering of the origin take effect, unless ignored.
use lib 't/lib';
use Proxycache;
use Time::HiRes qw(time);

my $origin = Origin->new(sub ($request) {
    my %fields = ('Content-Type' => 'text/plain', 'X-Accel-Charset' => 'koi8-r');
    $fields{'X-Accel-Limit-Rate'} = 40_000 if $request->target =~ /rate/;
    [200, \%fields, 'x' x 60_000];
});
my $pc = Proxycache->start(origin => $origin, server => <<'E');
    location /      { proxy_pass http://%%origin%%; }
    location /rate/ignored { proxy_pass http://%%origin%%; proxy_ignore_headers X-Accel-Limit-Rate X-Accel-Charset; }
E
my $began = time;
my $response = $pc->get('/rate');
is length $response->body, 60_000, 'all of it';
cmp_ok time - $began, '>', 0.3, 'at its rate';
is $response->header('content-type'), 'text/plain; charset=koi8-r', 'charset';
$began = time;
$response = $pc->get('/rate/ignored');
cmp_ok time - $began, '<', 0.3, 'ignored';
is $response->header('content-type'), 'text/plain', 'charset ignored';
done_testing;
