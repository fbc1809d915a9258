# conf/examples/single-application.conf: files from disk, everything else from the application, WebSocket through it.
use lib 't/lib';
use Proxycache;
use Example;

my $app = Origin->new(sub ($request) {
    return {status => 101, headers => {Upgrade => 'websocket', Connection => 'upgrade'}, tunnel => sub ($bytes) { "echo $bytes" }}
        if ($request->header('upgrade') // '') eq 'websocket';
    return [200, {'Content-Type' => 'text/plain'}, 'from the application: ' . $request->header('x-forwarded-proto')];
});
my $pc = Example->prepare('single-application', {'127.0.0.1:3000' => '%%app%%'}, app => $app);
$pc->write_file('var/www/app/public/style.css', 'body {}');
$pc->write_file('var/www/app/public/.secret',   'x');
ok $pc->launch, 'it starts' or diag $pc->stderr;

is $pc->get('/page')->body, 'from the application: http', 'a page comes from the application';
my $css = $pc->get('/style.css');
is $css->body, 'body {}', 'a file from the disk';
is $css->header('content-type'), 'text/css', 'with its type';
like $css->header('cache-control'), qr/max-age=2592000.*public/, 'to be kept for 30 days';
is $pc->get('/.secret')->status, 403, 'a hidden file is refused';
like $pc->get('/missing.png')->body, qr/from the application/, 'a file that is not there is the application\'s';

my $socket = $pc->connect;
my $answer = $socket->ask(GET => '/socket/', {Upgrade => 'websocket', Connection => 'Upgrade'});
is $answer->status, 101, 'a WebSocket is opened';
$socket->write('hello');
is $socket->read_bytes(10), 'echo hello', 'and carries bytes both ways';
done_testing;
