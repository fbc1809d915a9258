# With proxy_buffering the origin is done while the client has not read; what waits in the file arrives whole, in order.
use lib 't/lib';
use Proxycache;

my $body   = join '', map { sprintf "%07d\n", $_ } 1 .. 1_000_000;
my $origin = Origin->new(sub ($request) {
    $request->target =~ /chunked/ ? {status => 200, headers => {}, body => [map { substr $body, $_ * 100_000, 100_000 } 0 .. 79], chunked => 1} : [200, {}, $body];
});
my $pc = Proxycache->start(origin => $origin, http => 'log_format t "$upstream_response_length $upstream_bytes_received";', server => <<'E');
    access_log logs/t.log t;
    location / { proxy_pass http://%%origin%%; proxy_buffers 4 4k; proxy_busy_buffers_size 8k; }
    location /small { proxy_pass http://%%origin%%; proxy_buffers 4 4k; proxy_max_temp_file_size 16k; proxy_temp_file_write_size 8k; }
    location /none { proxy_pass http://%%origin%%; proxy_max_temp_file_size 0; }
E
for my $path (qw(/length /chunked)) {
    my $slow = $pc->connect('listen', rcvbuf => 4096);
    $slow->request(GET => $path);
    my $head = $slow->read_head;
    ok wait_until(sub { $pc->get('/other', {})->status == 200 && 1 }), "$path: another request";
    $slow->read_body($head);
    ok $head->body eq $body, "$path: all of it, in order";
}
for my $path (qw(/small/length /small/chunked /none/length /none/chunked)) {
    my $slow = $pc->connect('listen', rcvbuf => 4096);
    $slow->request(GET => $path);
    ok $slow->read_response->body eq $body, "$path: all of it, in order";
}
is_deeply [glob($pc->{prefix} . '/proxy_temp/*')], [], 'no file is left';
done_testing;
