# 1 GiB down and 1 GiB up between ends as fast as loopback: the worker's memory grows by less than 2 MiB a connection, whichever way
# bodies are buffered. (t/proxy/huge_* hold 4 GiB against an end that does not read.)
use lib 't/lib';
use Proxycache;
use Time::HiRes 'time';

my $size   = ($ENV{EXTENDED} ? 4 : 1) << 30;
my $origin = Origin->new(sub ($request) {
    return [200, {}, $request->body_length] if $request->method eq 'POST';
    return {status => 200, body => [[bytes => $size]], chunked => scalar($request->target =~ /chunked/)};
}, keep_body => 0);
my $pc = Proxycache->start(origin => $origin, server => <<'E');
    client_max_body_size 0; proxy_request_buffering off;
    location /through { proxy_pass http://%%origin%%; proxy_buffering off; }
    location /memory  { proxy_pass http://%%origin%%; proxy_max_temp_file_size 0; }
E
my ($worker) = $pc->workers;
my $before = do { $pc->get('/'); $pc->memory($worker, 'Pss') };
sub watched ($work) {
    my $job  = background($work);
    my $most = 0;
    my $done = 0;
    local $SIG{CHLD} = sub { $done = 1 };
    wait_until(sub { my $now = $pc->memory($worker, 'Pss') - $before; $most = $now if $now > $most; $done }, 200);
    return ($job->result, $most);
}
for my $path ('/through', '/memory', '/memory/chunked') {
    my ($got, $most) = watched(sub { $pc->connect->request('GET', $path)->read_response(discard => 1)->body_length });
    is $got, $size, "$path: all of it";
    $pc->holds_less($most, 2 << 20, "$path: memory");
}
for my $framing ('length', 'chunked') {
    my ($got, $most) = watched(sub {
        my $client = $pc->connect('listen', timeout => 60);
        my $piece  = 'x' x (1 << 20);
        $client->write("POST /through HTTP/1.1\r\nHost: x\r\n" . ($framing eq 'length' ? "Content-Length: $size\r\n\r\n" : "Transfer-Encoding: chunked\r\n\r\n"));
        $piece = "100000\r\n$piece\r\n" if $framing eq 'chunked';
        $client->write($piece) for 1 .. $size >> 20;
        $client->write("0\r\n\r\n") if $framing eq 'chunked';
        $client->read_response(method => 'POST')->body;
    });
    is $got, $size, "upload, $framing: all of it";
    $pc->holds_less($most, 2 << 20, "upload, $framing: memory");
}
done_testing;
