# 4 workers and many requests at once: each worker has connections of its own, as few as the origin lets it, and each request its answer.
use lib 't/lib';
use Proxycache;
use Http2Origin;
use Http2;

my $origin = Http2Origin->new(sub ($request) { [200, {'X-Connection' => $request->connection}, $request->method . ' ' . $request->target . ' ' . $request->body] },
    settings => [MAX_CONCURRENT_STREAMS, 10]);
my $pc = Proxycache->start(origin => $origin, workers => 4, http => 'upstream o { zone o 64k; server %%origin%%; }', server => <<'E');
    location / { proxy_pass http://o; proxy_http_version 2; add_header X-Worker $pid; }
E
my @results = parallel(8, sub ($i) {
    my (%worker, @wrong);
    for my $round (1 .. 20) {
        my @clients = map { $pc->connect } 1 .. 4;
        $clients[$_ % 4]->request($_ % 2 ? 'POST' : 'GET', "/$i/$round/$_", {}, $_ % 2 ? "body $i $round $_" : '') for 0 .. 3;
        for (0 .. 3) {
            my $response = $clients[$_]->read_response;
            my $expected = $_ % 2 ? "POST /$i/$round/$_ body $i $round $_" : "GET /$i/$round/$_ ";
            push @wrong, $response->body if $response->status != 200 || $response->body ne $expected;
            $worker{$response->header('X-Worker')}{$response->header('X-Connection')} = 1;
        }
    }
    return {wrong => \@wrong, worker => \%worker};
});
my %worker;
for my $result (@results) {
    is_deeply $result->{wrong}, [], 'each request gets its own answer';
    for my $pid (keys $result->{worker}->%*) { $worker{$pid}{$_} = 1 for keys $result->{worker}{$pid}->%* }
}
cmp_ok scalar(keys %worker), '>=', 2, 'at least two workers took part';
my %owner;
for my $pid (keys %worker) { push $owner{$_}->@*, $pid for keys $worker{$pid}->%* }
is_deeply [grep { @$_ > 1 } values %owner], [], 'a connection belongs to one worker';
cmp_ok $origin->connections, '<=', 4 * 4, 'and none has many';
is scalar($origin->resets), 0, 'none is refused or reset';
done_testing;
