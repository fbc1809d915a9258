# conf/examples/virtual-hosts.conf: several sites on one address.
use lib 't/lib';
use Proxycache;
use Example;

my $site = Origin->new(sub ($request) {
    my $path = $request->target;
    return [302, {Location => 'http://' . $request->header('host') . '/x'}, ''] if $path eq '/redirect';
    return [500, {}, 'trace of the program'] if $path eq '/broken';
    return [200, {'Set-Cookie' => 'id=1; Path=/', 'X-Powered-By' => 'x'}, join ' ', $path, map { $request->header($_) // '-' } qw(x-tenant x-remote-user x-variant)];
});
my $instead = {map { ("127.0.0.1:$_" => '%%site%%') } 4000, 5000, 6000, 6001};
my $pc = Example->prepare('virtual-hosts', $instead, site => $site);
$pc->write_file('var/www/www.example.com/index.html', 'home');
$pc->write_file('var/www/www.example.com/404.html',   'no such page');
$pc->write_file('var/www/www.example.com/busy.html',  'come back');
$pc->write_file('srv/images/logo.svg',                '<svg/>');
$pc->write_file('conf/htpasswd',                      'ann:{PLAIN}secret' . "\n");
ok $pc->launch, 'it starts' or diag $pc->stderr;
my $get = sub ($host, $target, %fields) { $pc->get($target, {Host => $host, %fields}) };

is $get->('unknown.example.net', '/'), undef, 'an unknown host gets no answer (444)';
my $moved = $get->('example.com', '/a?b');
is $moved->status, 301, 'the bare name is redirected';
is $moved->header('location'), 'http://www.example.com/a?b', 'to the site';
is $get->('x.old.example.com', '/')->status, 301, 'a wildcard name too';

is $get->('www.example.com', '/')->body, 'home', 'the index';
my $missing = $get->('www.example.com', '/nothing');
is $missing->status, 404, 'a missing page';
is $missing->body, 'no such page', 'with its own words';
my $old = $get->('www.example.com', '/articles/7.html');
is $old->status, 301, 'an old address moves for good';
like $old->header('location'), qr{/blog/7$}, 'to the new one';

my $blog = $get->('www.example.com', '/blog/5');
like $blog->body, qr{^/5 - - [ab]$}, 'the blog gets its path without the prefix, and the variant';
is $blog->header('set-cookie'), 'id=1; Path=/blog/', 'its cookies the path with it';
like $get->('www.example.com', '/blog/5/print')->body, qr{^/5\?print=1 }, 'rewritten within the site';
my $broken = $get->('www.example.com', '/blog/broken');
is $broken->body, 'come back', 'its errors are replaced';

is $get->('www.example.com', '/images/logo.svg', Referer => 'http://www.example.com/')->header('content-type'), 'image/svg+xml', 'an image';
is $get->('www.example.com', '/images/logo.svg', Referer => 'http://thief.example.net/')->status, 403, 'not for other sites';

like $get->('shop.apps.example.com', '/')->body, qr/^\/ shop /, 'a name taken from the host';
is $get->('admin.example.com', '/')->status, 401, 'a password is asked for';
my $inside = $get->('admin.example.com', '/', Authorization => 'Basic YW5uOnNlY3JldA==');
like $inside->body, qr/^\/ - ann /, 'and names the user to the origin';
is $inside->header('x-powered-by'), undef, 'a field is hidden';
is $get->('www.example.com', '/feeds/new')->status, 200, 'feeds can be read';
is $pc->post('/feeds/new', 'x', {Host => 'www.example.com'})->status, 403, 'and not written';
done_testing;
