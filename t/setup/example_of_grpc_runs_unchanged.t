# conf/examples/grpc.conf: a call to each of two servers.
use lib 't/lib';
use Proxycache;
use Example;
use Http2Origin;

my @servers = map { my $name = $_; Http2Origin->new(sub ($request) { {status => 200, headers => {}, body => $name, trailers => {'grpc-status' => 0}} }) } qw(a b);
my $pc = Example->start('grpc', {'10.0.0.21:50051' => '%%a%%', '10.0.0.22:50051' => '%%b%%', '127.0.0.1:8080' => '%%listen%%'}, a => $servers[0], b => $servers[1]);
my @answers = map { $pc->post('/package.Service/Call', '', {TE => 'trailers', 'Content-Type' => 'application/grpc'}) } 1 .. 2;
is_deeply [sort map { $_->body } @answers], [qw(a b)], 'both are called';
is $answers[0]->trailer('grpc-status'), 0, 'a call ends with its status';
is $servers[0]->request->header('x-real-ip'), '127.0.0.1', 'the server hears who calls';
done_testing;
