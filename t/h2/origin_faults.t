# What is no HTTP/2, or no answer, is 502; an answer that breaks off midway is not ended as if whole; the worker lives.
use lib 't/lib';
use Proxycache;
use Http2Origin;
use Http2;

my $hpack = Http2::Hpack->new;
sub block (@fields) { [raw => sub ($stream) { Http2::frame(HEADERS, END_HEADERS, $stream, $hpack->encode(@fields)) }] }
my %answers = (
    none        => [block(['x', 'y']), ['end']],
    twice       => [block([':status', 200], [':status', 200]), ['end']],
    late        => [block(['x', 'y'], [':status', 200]), ['end']],
    unknown     => [block([':status', 200], [':what', 'x']), ['end']],
    upper       => [block([':status', 200], ['X-Upper', 'x']), ['end']],
    connection  => [block([':status', 200], ['connection', 'close']), ['end']],
    control     => [block([':status', 200], ['x', "a\0b"]), ['end']],
    101         => [block([':status', 101]), ['end']],
    length      => [block([':status', 200], ['content-length', 'x']), ['end']],
    big         => [block([':status', 200], ['x', 'y' x 5000]), ['end']],
    informed    => [(map { block([':status', 103]) } 1 .. 20), block([':status', 200]), ['end']],
    reset       => [[rst => INTERNAL_ERROR]],
    wants_1     => [[rst => HTTP_1_1_REQUIRED]],
    closed      => [['close']],
    compression => [[raw => sub ($stream) { Http2::frame(HEADERS, END_HEADERS, $stream, "\xff\xff\xff\xff\xff\xff") }]],
    data        => [[raw => sub ($stream) { Http2::frame(DATA, END_STREAM, $stream, 'x') }]],
    pushed      => [[raw => sub ($stream) { Http2::frame(PUSH_PROMISE, END_HEADERS, $stream, pack('N', 2) . $hpack->encode([':method', 'GET'])) }]],
    too_large   => [[raw => sub ($stream) { Http2::frame(DATA, 0, $stream, 'x' x 20000) }]],
);
my %broken = (
    b_reset  => [block([':status', 200]), [data => 'part'], [wait => 'go'], [rst => CANCEL]],
    b_closed => [block([':status', 200]), [data => 'part'], [wait => 'go'], ['close']],
    b_short  => [block([':status', 200], ['content-length', 9]), [data => 'part'], [wait => 'go'], ['end']],
    b_long   => [block([':status', 200], ['content-length', 5]), [data => 'part'], [wait => 'go'], [data => 'and more']],
    b_upper  => [block([':status', 200]), [data => 'part'], [wait => 'go'], [trailers => ['X-Upper', 'x']]],
    b_goaway => [block([':status', 200]), [data => 'part'], [wait => 'go'], [raw => Http2::frame(SETTINGS, 0, 0, 'x')]],
);
my $origin = Http2Origin->new(sub ($request) { {raw => $answers{$request->path =~ s{^/}{}r} // $broken{$request->path =~ s{^/}{}r} // [block([':status', 200]), [data => 'good'], ['end']]} });
my $plain  = Origin->new(sub ($request) { [200, {}, 'over HTTP/1.1'] });
my $pc = Proxycache->start(origin => $origin, plain => $plain, server => <<'E');
    proxy_http_version 2;
    proxy_next_upstream off;
    location /      { proxy_pass http://%%origin%%; }
    location /plain { proxy_pass http://%%plain%%; }
    location /dead  { proxy_pass http://%%dead%%; }
E
is $pc->get("/$_")->status, 502, "$_: 502" for sort keys %answers;
is $pc->get('/good')->body, 'good', 'the next is well';
is $pc->get('/plain')->status, 502, 'an origin of HTTP/1.1: 502';
like $pc->error_log, qr/upstream does not speak HTTP\/2/, 'and the log says so';
is $pc->get('/dead')->status, 502, 'nobody there: 502';
for my $name (sort keys %broken) {
    $origin->hold('go');
    my $client = $pc->connect->request(GET => "/$name");
    my $head = $client->read_head;
    is $head->status, 200, "$name: begins well";
    $origin->release('go');
    ok $client->read_body($head)->truncated, 'and does not end as if whole';
}
is $pc->get('/good')->body, 'good', 'the next is well';
is scalar($pc->workers), 1, 'the worker lives';
done_testing;
