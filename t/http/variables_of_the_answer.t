# The variables that are known when an answer is logged.
use lib 't/lib';
use Proxycache;

my @names = qw(status body_bytes_sent bytes_sent request_completion sent_http_content_type sent_http_x_two sent_http_none
    sent_http_content_length sent_http_transfer_encoding sent_http_connection sent_http_location sent_http_last_modified
    sent_http_server request_body request_body_file request_time sent_trailer_x_end content_length);
my $origin = Origin->new(sub ($request) {
    return {status => 201, headers => {'X-Two' => ['a', 'b']}, body => 'chunks', chunked => 1, trailers => {'X-End' => 'over'}} if $request->path =~ /chunked/;
    return [200, {}, 'echo'];
});
my $pc = Proxycache->start(origin => $origin, format => join('|', map { "$_=\$$_" } @names), http => <<'H', server => <<'E');
    log_format all escape=none '$uri|%%format%%';
H
    access_log logs/all.log all;
    location /text { return 202 "hello"; }
    location /moved { return 301 /there; }
    location /chunked { proxy_pass http://%%origin%%; proxy_pass_trailers on; }
    location /echo { proxy_pass http://%%origin%%; }
    location /file { client_body_in_file_only clean; proxy_pass http://%%origin%%; }
    location / { }
E
$pc->write_file('html/page.html', 'a page');
sub logged ($uri) {
    my ($line) = $pc->wait_log(qr/^(\Q$uri\E\|.*)$/m, 10, 'logs/all.log') or return;
    return map { split /=/, $_, 2 } grep { /=/ } split /\|/, $line;
}
my $text = $pc->get('/text');
my %text = logged('/text');
is $text{status}, 202, '$status';
is $text{body_bytes_sent}, 5, '$body_bytes_sent';
is $text{bytes_sent}, 5 + length($text->head), '$bytes_sent has the head too' or diag $text->head;
is $text{request_completion}, 'OK', '$request_completion';
is $text{sent_http_content_type}, 'text/plain', '$sent_http_content_type';
is $text{sent_http_content_length}, 5, '$sent_http_content_length, made by the wire';
is $text{sent_http_connection}, 'close', '$sent_http_connection';
is $text{sent_http_server}, $text->header('Server'), '$sent_http_server';
is $text{sent_http_none}, '', 'none';
like $text{request_time}, qr/^\d+\.\d{3}$/, '$request_time';
my $moved = $pc->get('/moved');
is {logged('/moved')}->{sent_http_location}, $moved->header('Location'), '$sent_http_location, as it was sent';
my $page = $pc->get('/page.html');
is {logged('/page.html')}->{sent_http_last_modified}, $page->header('Last-Modified'), '$sent_http_last_modified';
$pc->get('/chunked', {TE => 'trailers'});
my %chunked = logged('/chunked');
is $chunked{status}, 201, '$status from the origin';
is $chunked{sent_http_x_two}, 'a, b', 'several fields of a name';
is $chunked{sent_http_transfer_encoding}, 'chunked', '$sent_http_transfer_encoding';
is $chunked{sent_trailer_x_end}, 'over', '$sent_trailer_';
$pc->post('/echo', 'what I say');
my %echo = logged('/echo');
is $echo{request_body}, 'what I say', '$request_body, once it was read';
is $echo{content_length}, 10, '$content_length';
$pc->post('/file', 'into a file');
like {logged('/file')}->{request_body_file}, qr{/}, '$request_body_file';
is $pc->get('/text?2')->status, 202;
my $gone = $pc->connect;
$gone->write("GET /none HTTP/1.1\r\nHost: x\r\n\r\n");
is $gone->read_response->status, 404;
is {logged('/none')}->{status}, 404, 'an error page';
done_testing;
