# A folder without its slash is redirected to it; its path is escaped and its arguments kept.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->prepare(server => 'absolute_redirect off;');
$pc->write_file('html/dir/index.html', 'index of dir');
$pc->write_file("html/a b\r\nX: y/index.html", 'odd');
$pc->launch;

my $r = $pc->get('/dir?a=1');
is $r->status, 301;
is $r->header('Location'), '/dir/?a=1';
is $pc->get('/a%20b%0d%0aX:%20y')->header('Location'), '/a%20b%0D%0AX:%20y/', 'a line end in a name begins no field';
is $pc->get('/dir/')->body, 'index of dir', 'the index is found';
done_testing;
