# Conditional requests for files (RFC 9110 section 13).
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->prepare(server => <<'E2');
    location /before/ { alias %%prefix%%/html/; if_modified_since before; }
    location /never/  { alias %%prefix%%/html/; if_modified_since off; etag off; }
E2
$pc->write_file('html/a.txt', '12345678');
utime 1_000_000_000, 1_000_000_000, $pc->prefix . '/html/a.txt';
$pc->launch;

my $date = 'Sun, 09 Sep 2001 01:46:40 GMT';
my $later = 'Mon, 10 Sep 2001 01:46:40 GMT';
my $tag  = '"3b9aca00-8"';
sub status ($path, %fields) { $pc->get($path, {%fields})->status }

my $r = $pc->get('/a.txt', {'If-None-Match' => $tag});
is $r->status, 304, 'the tag is known';
is $r->header('ETag'), $tag, 'and told again';
is $r->header('Content-Type') // $r->header('Content-Length') // '', '', 'no content, no words about it';
is status('/a.txt', 'If-None-Match' => '"other"', 'If-Modified-Since' => $date), 200, 'the tag counts before the date';
is status('/a.txt', 'If-None-Match' => "W/$tag, \"x\""), 304, 'weak comparison, in a list';
is status('/a.txt', 'If-Modified-Since' => $date), 304, 'the same date';
is status('/a.txt', 'If-Modified-Since' => $later), 200, 'exact: another date is another file';
is status('/before/a.txt', 'If-Modified-Since' => $later), 304, 'before: a later date will do';
is status('/never/a.txt', 'If-Modified-Since' => $date), 200, 'off: dates do not count';
is status('/a.txt', 'If-Match' => '"other"'), 412, 'If-Match fails';
is status('/a.txt', 'If-Match' => $tag), 200, 'If-Match holds';
is status('/a.txt', 'If-Unmodified-Since' => 'Sat, 08 Sep 2001 01:46:40 GMT'), 412, 'If-Unmodified-Since fails';
done_testing;
