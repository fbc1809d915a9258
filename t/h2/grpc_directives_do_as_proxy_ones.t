# The grpc_* directives that proxy_* has too: each with an answer that differs with it.
use lib 't/lib';
use Proxycache;
use Http2Origin;
use Http2;
use Descriptor;
use IO::Socket::INET;
use Socket qw(SOL_SOCKET SO_KEEPALIVE);

my $origin = Http2Origin->new(sub ($request) {
    my $path = $request->path;
    return {raw => [['stall']]} if $path =~ m{^/(?:read|send|try)};
    return {raw => [[rst => INTERNAL_ERROR]]} if $path =~ m{^/next};
    return {raw => [[head => [':status', 200]], [wait => 'end'], ['end']]} if $path =~ m{^/alive};
    return [404, {}, 'of the origin'] if $path =~ m{^/error};
    [200, {Server => 'origin', 'X-Secret' => 's', 'X-Accel-Redirect' => '/elsewhere', 'X-Long' => $path =~ /big/ ? 'x' x 5000 : ''}, $request->peer];
}, at => 'head', gives_window => 0);
my $good = Http2Origin->new(sub ($request) { [200, {}, 'good'] });
my $full = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1') or die $!;    # its queue is full: a connect is not answered
listen $full, 0;
my @waiting = map { IO::Socket::INET->new(Proto => 'tcp', Blocking => 0, PeerAddr => '127.0.0.1', PeerPort => $full->sockport) } 1 .. 3;
my $pc = Proxycache->start(origin => $origin, good => $good, full => '127.0.0.1:' . $full->sockport, http => <<'H', server => <<'E');
    upstream both { server %%origin%% weight=1000 max_fails=0; server %%good%% backup; }
H
    error_page 404 /page;
    location = /page      { return 200 "of ours"; }
    location = /elsewhere { return 200 "from elsewhere"; }
    grpc_ignore_headers X-Accel-Redirect;
    location /plain      { grpc_pass %%origin%%; }
    location /bound      { grpc_pass %%origin%%; grpc_bind 127.0.0.2; }
    location /redirect   { grpc_pass %%origin%%; grpc_ignore_headers Expires; }
    location /secret     { grpc_pass %%origin%%; grpc_hide_header X-Secret; grpc_pass_header Server; }
    location /big        { grpc_pass %%origin%%; grpc_buffer_size 8k; }
    location /big/small  { grpc_pass %%origin%%; }
    location /error      { grpc_pass %%origin%%; }
    location /error/ours { grpc_pass %%origin%%; grpc_intercept_errors on; }
    location /connect    { grpc_pass %%full%%;   grpc_connect_timeout 200ms; }
    location /read       { grpc_pass %%origin%%; grpc_read_timeout 200ms; }
    location /send       { grpc_pass %%origin%%; grpc_send_timeout 200ms; }
    location /next       { grpc_pass both; grpc_next_upstream error non_idempotent; }
    location /next/not   { grpc_pass both; grpc_next_upstream error; }
    location /next/off   { grpc_pass both; grpc_next_upstream off; }
    location /next/once  { grpc_pass both; grpc_next_upstream error non_idempotent; grpc_next_upstream_tries 1; }
    location /try        { grpc_pass both; grpc_next_upstream timeout non_idempotent; grpc_read_timeout 300ms; }
    location /try/short  { grpc_pass both; grpc_next_upstream timeout non_idempotent; grpc_read_timeout 300ms; grpc_next_upstream_timeout 100ms; }
    location /alive      { grpc_pass %%origin%%; grpc_bind 127.0.0.3; grpc_socket_keepalive on; }
    location /alive/not  { grpc_pass %%origin%%; grpc_bind 127.0.0.4; }
E
sub call ($target, $body = '') { $pc->post($target, $body, {TE => 'trailers', 'Content-Type' => 'application/grpc'}) }
my $response = call('/plain');
like $response->body, qr/^127\.0\.0\.1\b/, 'grpc_ignore_headers: the answer is passed';
is $response->header('x-secret'), 's', 'with its fields';
isnt $response->header('server'), 'origin', 'but those that are hidden always';
like call('/bound')->body, qr/^127\.0\.0\.2\b/, 'grpc_bind';
is call('/redirect')->body, 'from elsewhere', 'another field ignored: X-Accel-Redirect has its effect';
$response = call('/secret');
is $response->header('x-secret'), undef, 'grpc_hide_header';
is $response->header('server'), 'origin', 'grpc_pass_header';
is call('/big')->status, 200, 'grpc_buffer_size: a head of 5 KiB';
is call('/big/small')->status, 502, 'is too big for 4 KiB';
is call('/error')->body, 'of the origin', 'an error of the origin passes';
is call('/error/ours')->body, 'of ours', 'grpc_intercept_errors';
is call('/connect')->status, 504, 'grpc_connect_timeout';
is call('/read')->status, 504, 'grpc_read_timeout';
is $pc->post('/send', 'x' x 200_000)->status, 504, 'grpc_send_timeout: the origin gives no more window';
like $pc->error_log, qr/timed out\b.* while $_ upstream/, "the log says $_" for 'connecting to', 'reading response header from', 'sending request to';
is call('/next')->body, 'good', 'grpc_next_upstream: another is asked';
is call('/next', 'x')->status, 502, 'not when the body has begun to go out';
is call('/next/not')->status, 502, 'nor with a POST unless it says so';
is call('/next/off')->status, 502, 'nor when it is off';
is call('/next/once')->status, 502, 'grpc_next_upstream_tries';
is call('/try')->body, 'good', 'in time another is asked';
is call('/try/short')->status, 504, 'grpc_next_upstream_timeout';

my ($worker) = $pc->workers;
for (['/alive', 1, '127.0.0.3'], ['/alive/not', 0, '127.0.0.4']) {
    next unless Descriptor->may($worker);
    my ($target, $expected, $from) = @$_;
    my $client = $pc->connect->request(POST => $target, {}, 'x');
    ok $origin->wait_held('end', 1 + !$expected), 'a call is under way';
    my $socket = Descriptor->socket($worker, from => $from);
    is +Descriptor->option($socket, SOL_SOCKET, SO_KEEPALIVE), $expected, "$target: SO_KEEPALIVE is $expected";
    close $socket;
    $origin->release_one('end');
    is $client->read_response->status, 200, 'answered';
}
done_testing;
