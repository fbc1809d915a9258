# 10 reloads while 4 workers ask an origin over shared connections: calls that flow both ways end well, no request fails, and the old
# workers leave their connections with GOAWAY.
use lib 't/lib';
use Proxycache;
use Http2Origin;

sub chunk ($bytes) { sprintf "%x\r\n%s\r\n", length $bytes, $bytes }
my $origin = Http2Origin->new(sub ($request) {
    return {
        raw     => [[head => [':status', 200]]],
        on_data => sub ($bytes) { [data => $bytes] },
        on_end  => sub { [trailers => ['grpc-status', 0]] },
    } if $request->path eq '/both';
    [200, {}, 'x' x 20000];
}, at => 'head', keep_body => 0);
my $pc = Proxycache->start(origin => $origin, workers => 4, server => <<'E');
    location /     { proxy_pass http://%%origin%%; proxy_http_version 2; add_header X-Worker $pid; }
    location /both { grpc_pass %%origin%%; }
E
my $stop = $pc->path('stop');
my @clients = map { background(sub {
    my ($count, @failed, %worker) = (0);
    until (-e $stop) {
        my $response = eval { $pc->get('/') };
        push @failed, $@ || 'no whole response' if !$response || $response->status != 200 || length $response->body != 20000;
        $worker{$response->header('X-Worker')}++ if $response;
        $count++;
    }
    return {count => $count, failed => \@failed, workers => [keys %worker]};
}) } 1 .. 3;
# Calls that are older than the reload.
my @calls = map { my $client = $pc->connect; $client->request(POST => '/both', {TE => 'trailers', 'Transfer-Encoding' => 'chunked'}); $client } 1 .. 8;
$_->write(chunk('first')) for @calls;
$_->read_head, $_->read_bytes(10) for @calls;

for (1 .. 10) { $pc->reload or fail("reload $_ brought no new workers") }
$pc->write_file('stop', '');
my %worker;
for my $client (@clients) {
    my $result = $client->result;
    cmp_ok $result->{count}, '>', 10, 'a client asked all the while';
    is_deeply $result->{failed}, [], 'no request failed';
    $worker{$_} = 1 for $result->{workers}->@*;
}
cmp_ok scalar(keys %worker), '>', 4, 'workers of several generations answered';
for my $call (@calls) {
    $call->write(chunk('second'), "0\r\n\r\n");
    is $call->read_until("grpc-status: 0\r\n\r\n"), chunk('second') . "0\r\ngrpc-status: 0\r\n\r\n", 'a call that is older than ten reloads ends well';
}
$_->close for @calls;
ok $pc->wait_for(sub { !$pc->draining }), 'the old workers leave';
ok wait_until(sub { $origin->open_connections <= 5 }), 'with their connections';
is_deeply [grep { $_->{event} eq 'goaway' && $_->{code} != 0 } $origin->events], [], 'none of which ended in an error';
is scalar($origin->resets), 0, 'nor was a request reset';
done_testing;
