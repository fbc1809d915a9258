# proxy_cache_min_uses 3: the third request for a key is stored, whichever workers the first two came to; before that nothing is
# held back from the client: its range and its conditions are the origin's to answer.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) {
    return [206, {'Cache-Control' => 'max-age=60', 'Content-Range' => 'bytes 1-2/5'}, 'el'] if $request->header('range');
    [200, {'Cache-Control' => 'max-age=60', ETag => '"a"'}, 'hello'];
});
my $pc = Proxycache->start(origin => $origin, workers => 4, http => 'proxy_cache_path cache keys_zone=one:1m inactive=1h;', server => <<'E');
    add_header X-Pid $pid;
    location / { proxy_pass http://%%origin%%; proxy_cache one; proxy_cache_min_uses 3; }
E

# Connections to two workers, so that the uses of a key are spread over them.
my %by_pid;
wait_until(
    sub {
        my $client = $pc->connect;
        $by_pid{$client->ask(GET => '/pid-' . rand)->header('x-pid')} //= $client;
        return keys %by_pid >= 2;
    },
    20
);
my ($one, $other) = values %by_pid;
my @answers = map { $_->ask(GET => '/a') } $one, $other, $one, $other;
is_deeply [map { $_->header('x-cache') } @answers], [qw(MISS MISS MISS HIT)], 'stored the third time';
is_deeply [map { $_->body } @answers], [('hello') x 4], 'and always answered';
cmp_ok scalar(keys %{{map { $_->header('x-pid') => 1 } @answers}}), '>=', 2, 'two processes counted';
like $answers[0]->header('cache-status'), qr/detail=.?min-uses/, 'Cache-Status says why';
is $one->ask(GET => '/b')->header('x-cache'), 'MISS', 'another key counts for itself';
is $pc->get('/c', {Range => 'bytes=1-2'})->body, 'el', 'a range is passed on';
is $origin->request->header('range'), 'bytes=1-2', 'as it came';

my $bad = Proxycache->run(args => ['-t'], conf => 'events {} http { proxy_cache_min_uses 1024; }');
isnt $bad->{status}, 0, 'more than can be counted is refused';
like $bad->{err}, qr/0 to 1023/, 'with the range';
done_testing;
