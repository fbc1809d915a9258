# conf/proxycache.conf runs as it comes: the three lines that make run prints give a miss, a hit and a range.
use lib 't/lib';
use Proxycache;

my $text = Proxycache::slurp("$Proxycache::tree/conf/proxycache.conf");
$text =~ s/127\.0\.0\.1:8080/%%listen%%/g;
$text =~ s/127\.0\.0\.1:8081/%%listen_origin%%/g;
my $pc = Proxycache->prepare(conf => $text);
$pc->write_file('conf/mime.types', Proxycache::slurp("$Proxycache::tree/conf/mime.types"));
$pc->write_file('html/index.html', my $page = Proxycache::slurp("$Proxycache::tree/html/index.html"));
ok $pc->launch, 'it starts' or diag $pc->stderr;

my $first = $pc->get('/');
is $first->status, 200, 'the page is there';
is $first->body, $page, 'it is html/index.html';
is $first->header('content-type'), 'text/html', 'with its type';
is $first->header('x-cache'), 'MISS', 'the first comes from the origin';

my $second = $pc->get('/');
is $second->header('x-cache'), 'HIT', 'the second from the cache';
like $second->header('age'), qr/^\d+$/, 'with an Age';
is $second->body, $page, 'and the same body';

my $range = $pc->get('/index.html', {Range => 'bytes=0-99'});
is $range->status, 206, 'a range is served';
is $range->body, substr($page, 0, 100), 'its bytes';

like $pc->get('/status')->body, qr/^Active connections: \d+/, 'stub_status answers';
done_testing;
