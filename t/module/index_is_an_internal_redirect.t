# A path with a slash at its end goes to the first index file that is there, through the locations again.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->prepare(server => <<'E2');
    index $arg_name.html index.html index.php /fallback.html;
    location / { }
    location ~ \.php$ { return 200 "php $uri $args"; }
E2
$pc->write_file('html/one/index.html', 'one');
$pc->write_file('html/one/named.html', 'named');
$pc->write_file('html/two/index.php', 'never sent');
$pc->write_file('html/fallback.html', 'fallback');
mkdir $pc->prefix . '/html/empty';
$pc->launch;

is $pc->get('/one/')->body, 'one';
is $pc->get('/one/?name=named')->body, 'named', 'variables may stand in it';
is $pc->get('/two/?x=1')->body, 'php /two/index.php x=1', 'another location answers, arguments are kept';
is $pc->get('/empty/')->body, 'fallback', 'an absolute one is where to go';
done_testing;
