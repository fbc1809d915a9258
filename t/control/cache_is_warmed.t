# A list of URLs or an access log is asked for at a rate, over the control API, by proxycachectl, and at every start and reload.
use lib 't/lib';
use Proxycache;
use Control;

my $origin = Origin->new(sub ($request) { $request->path =~ /missing/ ? [404, {}, 'no'] : [200, {'Cache-Control' => 'max-age=600'}, $request->path] });
my $pc     = Proxycache->prepare(
    origin  => $origin,
    workers => 2,
    conf    => 'control unix:run/proxycache.sock;',
    http    => 'proxy_cache_path cache keys_zone=one:1m disk=off; proxy_cache_warm conf/urls rate=1000 at=%%listen%%;',
    server  => 'location / { proxy_pass http://%%origin%%; proxy_cache one; }'
);
$pc->write_file('conf/urls', "http://a.test/first\n# a comment\nhttp://a.test/second\n");
$pc->launch;
my $control = Control->new($pc);
ok $origin->wait_for_requests(2), 'proxy_cache_warm asks at the start';
ok wait_until(sub { !$control->get('/cache/warm')->{json}{running} }), 'and comes to an end';
is $pc->get("/$_", {Host => 'a.test'})->header('x-cache'), 'HIT', "$_ is stored" for 'first', 'second';

my $warm = sub (%asked) {
    my $answer = $control->ask(POST => '/cache/warm', {at => $pc->address, rate => 1000, %asked});
    wait_until(sub { !$control->get('/cache/warm')->{json}{running} });
    $answer;
};
is $warm->(urls => ['http://a.test/one', 'http://a.test/two', 'http://a.test/one'])->{json}{urls}, 2, 'a list, each once';
is $control->get('/cache/warm')->{json}{done}, 2, 'progress';
is $pc->get('/one', {Host => 'a.test'})->header('x-cache'), 'HIT', 'it is stored';
my $log = qq(127.0.0.1 - - [23/Nov/2026:20:00:00 +0000] "GET /logged HTTP/1.1" 200 4 "-" "-"\n127.0.0.1 - - [x] "POST /no HTTP/1.1" 200 4 "-" "-"\n);
my $answer = $warm->(list => $log, base => 'http://a.test')->{json};
is $answer->{urls}, 1, 'an access log';
is $answer->{skipped}, 1, 'of which only GET counts';
is $pc->get('/logged', {Host => 'a.test'})->header('x-cache'), 'HIT', 'is stored';
$warm->(urls => ['http://a.test/missing']);
is $control->get('/cache/warm')->{json}{failed}, 1, 'failures are counted';
like $control->get('/cache/warm')->{json}{last_error}, qr{/missing: status 404}, 'and told';
is $control->ask(POST => '/cache/warm', {urls => ['ftp://a/']})->{status}, 400, 'no http URL';
is $control->ask(POST => '/cache/warm', {urls => ['http://a/'], rate => 0})->{status}, 400, 'no rate';

# A slow one can be stopped.
$control->ask(POST => '/cache/warm', {at => $pc->address, rate => 1, urls => [map { "http://a.test/slow$_" } 1 .. 1000]});
is $control->ask(DELETE => '/cache/warm')->{status}, 200, 'what waits is forgotten';
ok wait_until(sub { !$control->get('/cache/warm')->{json}{running} }), 'it stops';
ok $control->get('/cache/warm')->{json}{done} < 50, 'early';

$control->purge(all => \1);
my $before = $origin->requests;
$pc->reload;
ok $origin->wait_for_requests($before + 2), 'after a reload the list is asked for again';
ok wait_until(sub { $pc->get('/first', {Host => 'a.test'})->header('x-cache') eq 'HIT' }), 'and stored';

my $tool = ($ENV{PROXYCACHE} // 'objs/proxycache') . 'ctl';
SKIP: {
    skip 'the tool is not built', 3 unless -x $tool;
    my $socket = "$pc->{prefix}/run/proxycache.sock";
    my $export = qx{$tool -s $socket cache export one};
    like $export, qr{"key":"http://a.test/first"}, 'cache export';
    $control->purge(all => \1);
    $pc->write_file('export', $export);
    my $listen = $pc->address;
    like qx{$tool -s $socket cache warm $listen --file $pc->{prefix}/export --rate 1000}, qr/^\d+ fetched, 0 failed$/, 'warmed again from it';
    is $pc->get('/first', {Host => 'a.test'})->header('x-cache'), 'HIT', 'it is stored';
}
for my $bad ('rate=0', 'at=here', 'base=ftp://a', 'what') {
    my $run = Proxycache->run(http => "proxy_cache_warm urls $bad;", args => ['-t']);
    isnt $run->{status}, 0, "$bad is refused";
}
done_testing;
