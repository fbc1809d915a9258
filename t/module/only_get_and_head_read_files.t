# Other methods than GET and HEAD are 405; POST only when the file is there, as nginx does.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->prepare(server => '');
$pc->write_file('html/a.txt', 'x');
$pc->launch;

is $pc->post('/a.txt', 'body')->status, 405;
is $pc->post('/missing', 'body')->status, 404;
is $pc->request('DELETE', '/a.txt')->status, 405;
is $pc->request('PUT', '/a.txt', {}, 'body')->status, 405;
is $pc->get('/a.txt')->status, 200;
done_testing;
