# An idle HTTP/2 connection is kept as `keepalive` and its family say; times are for each request of it; a flood ends the connection.
use lib 't/lib';
use Proxycache;
use Http2Origin;
use Http2;

my %flood = (
    ping     => sub ($stream) { Http2::ping('x') x 20000 },
    settings => sub ($stream) { Http2::settings() x 20000 },
    empty    => sub ($stream) { Http2::frame(DATA, 0, $stream) x 20000 },
    unknown  => sub ($stream) { Http2::frame(99, 0, 0, 'x') x 20000 },
    continue => sub ($stream) { Http2::frame(HEADERS, 0, $stream, '') . Http2::frame(CONTINUATION, 0, $stream, '') x 20000 },
);
my $origin = Http2Origin->new(sub ($request) {
    return {raw => [['stall']]} if $request->path eq '/stall';
    return {raw => [[head => [':status', 200]], [data => 'part'], ['stall']]} if $request->path eq '/part';
    return {raw => [$request->path eq '/empty' ? [head => [':status', 200]] : (), [raw => $flood{$1}], ['stall']]} if $request->path =~ m{^/(\w+)$} && $flood{$1};
    [200, {}, $request->connection];
});
my $pc = Proxycache->start(origin => $origin, http => <<'H', server => <<'E');
    upstream none  { server %%origin%%; keepalive 0; }
    upstream twice { server %%origin%%; keepalive_requests 2; }
    upstream brief { server %%origin%%; keepalive_timeout 50ms; }
H
    proxy_http_version 2;
    proxy_next_upstream off;
    location /none  { proxy_pass http://none; }
    location /twice { proxy_pass http://twice; }
    location /brief { proxy_pass http://brief; }
    location /      { proxy_pass http://%%origin%%; proxy_read_timeout 200ms; proxy_buffering off; }
E
isnt $pc->get('/none')->body, $pc->get('/none')->body, 'keepalive 0: none is kept';
my @on = map { $pc->get('/twice')->body } 1 .. 4;
ok $on[0] == $on[1] && $on[1] != $on[2] && $on[2] == $on[3], 'keepalive_requests';
my $closed = $origin->count('closed');
$pc->get('/brief');
ok wait_until(sub { $origin->count('closed') > $closed }), 'keepalive_timeout';

my $on = $pc->get('/a')->body;
is $pc->get('/stall')->status, 504, 'no answer within proxy_read_timeout: 504';
ok $pc->get('/part')->truncated, 'none of the body within it: broken off';
is $pc->get('/b')->body, $on, 'the connection serves others all the same';
is_deeply [map { $_->{code} } $origin->resets], [CANCEL, CANCEL], 'the origin hears that nobody waits';
for my $kind (sort keys %flood) {
    my $response = $pc->get("/$kind");
    ok !$response || $response->status == 502 || $response->truncated, "a flood of $kind: no answer";
    isnt $pc->get('/b')->body, $on, 'and the connection is over';
    $on = $pc->get('/b')->body;
}
done_testing;
