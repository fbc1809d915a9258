# add_trailer: a field behind a chunked body; HTTP/1.0 gets none.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->prepare(http => 'log_format t "$sent_trailer_x_status";', server => <<'E2');
    access_log logs/t.log t;
    location /file/ { alias %%prefix%%/html/; access_log off; add_trailer X-Status $status; }
    location / { add_trailer X-Status "$status $uri"; return 200 body; }
E2
my $bytes = join '', map { "$_\n" } 1 .. 60_000;
$pc->write_file('html/big', $bytes);
$pc->launch;
my $r = $pc->get('/a');
is $r->body, 'body';
is $r->header('Transfer-Encoding'), 'chunked';
is $r->header('Content-Length'), undef;
is $r->trailer('X-Status'), '200 /a', 'behind the body';
ok $pc->wait_for(sub { $pc->read_file('logs/t.log') eq "200 /a\n" }), '$sent_trailer_';

my $file = $pc->get('/file/big');
ok $file->body eq $bytes, 'a file';
is $file->trailer('X-Status'), 200, 'behind a file';

my $c = $pc->connect;
$c->write("GET /a HTTP/1.0\r\nHost: x\r\n\r\n");
my $old = $c->read_response;
is $old->body . ($old->header('Transfer-Encoding') // ''), 'body', 'HTTP/1.0: as it is';
done_testing;
