# expires: Expires and Cache-Control.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(http => 'map $arg_for $how { long max; short 90s; default off; }', server => <<'E2');
    location /hour/  { expires 1h; return 200 ok; }
    location /past/  { expires -1; return 200 ok; }
    location /epoch/ { expires epoch; return 200 ok; }
    location /max/   { expires max; return 200 ok; }
    location /map/   { expires $how; return 200 ok; }
    location /error/ { expires 1h; return 404 no; }
    location /day/   { expires @12h; return 200 ok; }
E2
sub control ($path) { $pc->get($path)->header('Cache-Control') // 'none' }
is control('/hour/'), 'max-age=3600';
is control('/past/'), 'no-cache';
is control('/epoch/'), 'no-cache';
is $pc->get('/epoch/')->header('Expires'), 'Thu, 01 Jan 1970 00:00:01 GMT';
is control('/max/'), 'max-age=315360000';
is control('/map/?for=short'), 'max-age=90', 'by a variable';
is control('/map/?for=long'), 'max-age=315360000', 'by a variable';
is control('/map/'), 'none', 'off by a variable';
is control('/error/'), 'none', 'not on an error';
like control('/day/'), qr/^max-age=\d{1,5}$/, 'until a time of the day';
done_testing;
