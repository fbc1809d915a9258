# grpc_pass: calls go to the origin over HTTP/2, their messages as they come and their status in the trailers; also from a client that
# speaks HTTP/1.1 and reads trailers.
use lib 't/lib';
use Proxycache;
use Http2Origin;

sub message ($text) { pack('CN', 0, length $text) . $text }
sub chunk ($bytes) { sprintf "%x\r\n%s\r\n", length $bytes, $bytes }
my $origin = Http2Origin->new(sub ($request) {
    my %status = ('grpc-status' => 0, 'grpc-message' => '');
    my @head   = ([':status', 200], ['content-type', 'application/grpc'], ['x-te', $request->header('te') // 'none']);
    my $path   = $request->path;
    return {raw => [[only => [':status', 200], ['content-type', 'application/grpc'], ['grpc-status', 12]]]} if $path eq '/S/None';
    return {raw => [[head => @head], (map { ([data => message("reply $_")], [wait => 'next']) } 1 .. 3), [trailers => ['grpc-status', 0]]]}
        if $path eq '/S/Stream';
    return {
        raw     => [[head => @head]],
        on_data => sub ($bytes) { [data => $bytes] },
        on_end  => sub { [trailers => ['grpc-status', 0], ['x-last', 'yes']] },
    } if $path eq '/S/Both';
    return {status => 200, headers => {'Content-Type' => 'application/grpc'}, body => message('none'), trailers => \%status};
}, at => 'head');
my $pc = Proxycache->start(origin => $origin, http => 'upstream calls { server %%origin%%; } log_format t "$uri $upstream_status $upstream_trailer_grpc_status";', server => <<'E');
    access_log logs/t.log t;
    location /S/      { grpc_pass grpc://%%origin%%; grpc_set_header X-Set yes; }
    location /named/  { grpc_pass calls; }
    location /choice/ { set $to %%origin%%; grpc_pass grpc://$to; }
E
my %grpc = (TE => 'trailers', 'Content-Type' => 'application/grpc');

my $response = $pc->post('/S/Unary', message('ask'), {%grpc});
is $response->status, 200, 'a unary call';
is $response->body, message('none'), 'its reply';
is $response->trailer('grpc-status'), 0, 'its status in the trailers';
my $seen = $origin->request;
is $seen->method, 'POST', 'as POST';
is $seen->body, message('ask'), 'with the message';
is $seen->header('x-set'), 'yes', 'grpc_set_header';
is $seen->header('te'), 'trailers', 'TE passes: servers insist on it';
is $seen->authority, $origin->address, ':authority is the address';

$response = $pc->post('/S/None', message('ask'), {%grpc});
is $response->header('grpc-status'), 12, 'a status without a reply comes in the head';
is $response->body, '', 'and nothing behind it';

my $client = $pc->connect;
$client->request(POST => '/S/Stream', {%grpc}, message('ask'));
my $head = $client->read_head;
for my $n (1 .. 3) {
    my $chunk = chunk(message("reply $n"));
    is $client->read_bytes(length $chunk), $chunk, "reply $n comes while the call goes on";
    $origin->release_one('next');
}
is $client->read_until("\r\n\r\n"), "0\r\ngrpc-status: 0\r\n\r\n", 'then the end';

$client = $pc->connect;
$client->request(POST => '/S/Both', {%grpc, 'Transfer-Encoding' => 'chunked'});
for my $n (1 .. 3) {
    my $chunk = chunk(message("turn $n"));
    $client->write($chunk);
    $client->read_head if $n == 1;
    is $client->read_bytes(length $chunk), $chunk, "both ways at once, $n";
}
$client->write("0\r\n\r\n");
is $client->read_until("\r\n\r\n"), "0\r\ngrpc-status: 0\r\nx-last: yes\r\n\r\n", 'and the trailers when both are through';

$response = $pc->post('/S/Unary', message('ask'), {'Content-Type' => 'application/grpc'});
is $response->trailer('grpc-status'), undef, 'who does not read trailers gets none';
is $origin->request->header('te'), undef, 'and none are asked for';
is $pc->post('/named/x', '', {%grpc})->trailer('grpc-status'), 0, 'an upstream';
is $pc->post('/choice/x', '', {%grpc})->trailer('grpc-status'), 0, 'variables';
is $origin->connections, 3, 'each of the three ways to say where has one connection';
ok $pc->wait_for(sub { $pc->read_file('logs/t.log') =~ m{^/S/Unary 200 0$}m }), '$upstream_trailer_*';
done_testing;
