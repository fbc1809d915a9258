# root adds the path, alias replaces the location's own part of it; both take variables.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->prepare(server => <<'E2');
    location /i/            { alias %%prefix%%/pictures/; location /i/deep/ { } }
    location = /exact       { alias %%prefix%%/pictures/a.png; }
    location ~ ^/r/(\w+)$   { alias %%prefix%%/pictures/$1.png; }
    location /sub/          { root %%prefix%%/pictures/; }
    location /var/          { root $document; set $document %%prefix%%/pictures; }
    location /relative/     { root pictures; }
    location /name          { return 200 "$document_root $request_filename"; }
E2
for my $path ('a.png', 'deep/b.png', 'sub/c.png', 'var/d.png', 'relative/e.png') { $pc->write_file("pictures/$path", $path) }
$pc->launch;

is $pc->get('/i/a.png')->body, 'a.png', 'alias';
is $pc->get('/i/deep/b.png')->body, 'deep/b.png', 'alias, inherited by a nested location';
is $pc->get('/exact')->body, 'a.png', 'alias of one file';
is $pc->get('/r/a')->body, 'a.png', 'alias with captures';
is $pc->get('/sub/c.png')->body, 'sub/c.png', 'root';
is $pc->get('/var/d.png')->body, 'var/d.png', 'root with a variable';
is $pc->get('/relative/e.png')->body, 'relative/e.png', 'root under the prefix';
my $prefix = $pc->prefix;
is $pc->get('/name')->body, "$prefix/html $prefix/html/name", 'and told in variables';
done_testing;
