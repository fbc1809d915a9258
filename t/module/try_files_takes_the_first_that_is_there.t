# try_files: files, folders, then a code, a named location or another URI.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->prepare(server => <<'E2');
    location /           { try_files $uri $uri/ /fallback.html?from=$uri; }
    location /fallback   { return 200 "fallback $args"; }
    location /code/      { try_files $uri =410; }
    location /named/     { try_files $uri @named; }
    location @named      { return 200 "named $uri"; }
    location /i/         { alias %%prefix%%/pictures/; try_files $uri /i/default.png =404; }
E2
$pc->write_file('html/a.txt', 'a');
$pc->write_file('html/dir/index.html', 'index');
$pc->write_file('pictures/b.png', 'b');
$pc->write_file('pictures/default.png', 'default');
$pc->launch;

is $pc->get('/a.txt')->body, 'a', 'a file';
is $pc->get('/dir/')->body, 'index', 'a folder';
is $pc->get('/none?x=1')->body, 'fallback from=/none', 'another URI, with arguments';
is $pc->get('/code/x')->status, 410, 'a code';
is $pc->get('/named/x')->body, 'named /named/x', 'a named location';
is $pc->get('/i/b.png')->body, 'b', 'under alias';
is $pc->get('/i/none.png')->body, 'default', 'under alias, the second';
done_testing;
