# A file is answered with its type, length, Last-Modified and nginx's ETag.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->prepare(http => 'types { text/css css CSS2; }', server => <<'E2');
    default_type application/x-default;
    location /off/ { alias %%prefix%%/html/; etag off; }
E2
$pc->write_file('html/a.css', "body {}\n");
$pc->write_file('html/b.unknown', 'x');
$pc->write_file('html/dir.css/plain', 'x');
utime 1_000_000_000, 1_000_000_000, $pc->prefix . '/html/a.css';
$pc->launch;

my $r = $pc->get('/a.css');
is $r->status, 200;
is $r->body, "body {}\n", 'all of it';
is $r->header('Content-Type'), 'text/css', 'type by extension';
is $r->header('Content-Length'), 8, 'length';
is $r->header('Last-Modified'), 'Sun, 09 Sep 2001 01:46:40 GMT', 'time';
is $r->header('ETag'), '"3b9aca00-8"', 'time and size in hexadecimal';
is $r->header('Accept-Ranges'), 'bytes', 'ranges are taken';
is $pc->get('/b.unknown')->header('Content-Type'), 'application/x-default', 'default_type';
is $pc->get('/dir.css/plain')->header('Content-Type'), 'application/x-default', 'a dot of a folder is no extension';
is $pc->get('/off/a.css')->header('ETag'), undef, 'etag off';

my $head = $pc->head('/a.css');
is $head->status . $head->header('Content-Length') . $head->body, '2008', 'HEAD tells the length and sends nothing';
done_testing;
