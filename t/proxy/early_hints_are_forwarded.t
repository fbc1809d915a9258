# 103 of the origin goes to the client where early_hints says so.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { {status => 200, headers => {}, body => 'ok', interim => [[103, {Link => '</style.css>; rel=preload'}]]} });
my $pc = Proxycache->start(origin => $origin, server => <<'E');
    location /on  { early_hints $http_x_hints; proxy_pass http://%%origin%%; }
    location /off { proxy_pass http://%%origin%%; }
E
my $response = $pc->get('/on', {'X-Hints' => 1});
is $response->status, 200, 'the answer';
is scalar($response->interim->@*), 1, 'one interim answer';
is $response->interim->[0]->status, 103, 'its status';
is $response->interim->[0]->header('link'), '</style.css>; rel=preload', 'Link';
is scalar($pc->get('/on')->interim->@*), 0, 'its condition is false';
is scalar($pc->get('/off')->interim->@*), 0, 'off';
done_testing;
