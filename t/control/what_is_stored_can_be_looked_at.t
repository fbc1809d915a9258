# GET /cache, /cache/ZONE/objects, /cache/object and /explain, POST /cache/verify; a key where one is set; proxycachectl asks for them.
use lib 't/lib';
use Proxycache;
use Control;

my $origin = Origin->new(sub ($request) { [200, {'Cache-Control' => 'max-age=600', 'Cache-Tag' => 'one, two'}, 'body'] });
my $pc     = Proxycache->start(
    origin => $origin,
    conf   => "control unix:run/proxycache.sock;\ncontrol %%listen_control%% key=0123456789abcdef;",
    http   => 'proxy_cache_path cache keys_zone=one:1m;',
    server => 'location / { proxy_pass http://%%origin%%; proxy_cache one; }'
);
my $control = Control->new($pc);
is sprintf('%o', (stat "$pc->{prefix}/run/proxycache.sock")[2] & 07777), '600', 'the socket is for its owner alone';

$pc->get("/$_") for map { sprintf '%02d', $_ } 1 .. 25;
my $zones = $control->get('/cache')->{json}{zones};
is $zones->[0]{name},    'one', 'the zone';
is $zones->[0]{objects}, 25,    'and what is in it';

# Page by page, every key once and in order.
my ($after, @keys) = ('');
for (1 .. 10) {
    my $page = $control->get("/cache/one/objects?limit=7&after=$after")->{json};
    push @keys, map { $_->{key} } $page->{objects}->@*;
    $after = $page->{next} // last;
}
is scalar(@keys), 25, 'all of them';
is_deeply \@keys, [sort @keys], 'in order';
is $control->get('/cache/none/objects')->{status}, 404, 'no such zone';
is $control->get('/cache/one/objects?limit=x')->{status}, 400, 'no such limit';

my $object = $control->get("/cache/object?url=$keys[3]")->{json}{variants}[0];
is $object->{status}, 200, 'status';
is $object->{tags},   2,   'tags';
ok $object->{ttl} > 500, 'ttl';
like $object->{explain}, qr/max-age gives it a lifetime of 600 s/, 'why it was stored';
my $none = $control->get('/explain?url=http://nothing/');
is $none->{status}, 404, 'nothing is stored';
like $none->{json}{explain}, qr/asks the origin/, 'in words';
ok $control->ask(POST => '/cache/verify')->{json}{sound}, 'what lies there is sound';
is $control->ask(POST => '/cache/purge', '{"tag": ')->{status}, 400, 'a body that is no JSON';
is $control->ask(POST => '/cache/purge', {tag => 'a', url => 'b'})->{status}, 400, 'one thing at a time';
like $control->ask(POST => '/cache/purge', {regex => 'a('})->{body}, qr/missing closing parenthesis/, 'an expression';
is $control->ask(DELETE => '/cache')->{status}, 405, 'another method';

is $pc->get('/cache', {}, listen => 'listen_control')->status, 401, 'over TCP not without the key';
is $pc->get('/cache', {'X-API-Key' => '0123456789abcdeg'}, listen => 'listen_control')->status, 401, 'nor with another';
is $pc->get('/cache', {'X-API-Key' => '0123456789abcdef'}, listen => 'listen_control')->status, 200, 'but with it';

$pc->reload;
is scalar($control->get('/cache')->{json}{zones}->@*), 1, 'after a reload it is served';

my $tool = ($ENV{PROXYCACHE} // 'objs/proxycache') . 'ctl';
SKIP: {
    skip 'the tool is not built', 6 unless -x $tool;
    my $run = sub { qx{$tool -s $pc->{prefix}/run/proxycache.sock cache @_ 2>&1} };
    like $run->('ls', 'one'), qr/^200 .* \Q$keys[0]\E$/m, 'cache ls';
    like $run->('stat', $keys[0]), qr/"explain"/, 'cache stat';
    is $run->('purge', '--tag', 'two', '--count'), "25 objects purged\n", 'cache purge';
    my $listen = $pc->address;
    is qx{printf 'http://localhost/w1\\nhttp://localhost/w2\\n' | $tool -s $pc->{prefix}/run/proxycache.sock cache warm $listen --rate 1000 2>&1}, "2 fetched, 0 failed\n", 'cache warm';
    is $pc->get('/w2', {Host => 'localhost'})->header('x-cache'), 'HIT', 'and it is stored';
    is $run->('verify'), "one: sound\n", 'cache verify';
}

my $wide = Proxycache->run(conf => 'control 0.0.0.0:1;', args => ['-t']);
like $wide->{err}, qr/beyond this machine only with a key/, 'an open door is refused';
done_testing;
