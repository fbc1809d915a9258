# grpcs:// to a server of the grpc library: TLS with ALPN h2, verified; an origin that does not choose h2 gets no request.
use lib 't/lib';
use Proxycache;
use Certificates;

plan(skip_all => 'python3-grpcio is not installed') if system("/usr/bin/python3 -c 'import grpc' 2>/dev/null") != 0;
my $certs = Certificates->new->make('localhost');
my ($ca, $cert, $key) = ($certs->cert('ca'), $certs->cert('localhost'), $certs->key('localhost'));
my $plain = Proxycache->start(http => "server { listen %%listen%% ssl; @{[$certs->lines('localhost')]} return 200 h1; }");
my $program = <<"P";
import grpc, sys
from concurrent import futures
class Any(grpc.GenericRpcHandler):
    def service(self, call):
        if call.method == '/S/Echo':
            return grpc.unary_unary_rpc_method_handler(lambda request, context: request[::-1])
        if call.method == '/S/Count':
            return grpc.unary_stream_rpc_method_handler(lambda request, context: (bytes([n]) * 1000 for n in range(100)))
server = grpc.server(futures.ThreadPoolExecutor(4))
server.add_generic_rpc_handlers((Any(),))
credentials = grpc.ssl_server_credentials([(open('$key', 'rb').read(), open('$cert', 'rb').read())])
print(server.add_secure_port('127.0.0.1:0', credentials), flush=True)
server.start()
sys.stdin.read()
P
use IPC::Open2;
my $pid = open2(my $out, my $in, '/usr/bin/python3', '-c', $program);
chomp(my $port = <$out>);
my $pc = Proxycache->start(http => <<"H");
    upstream calls { server localhost:$port; }
    upstream plain { server localhost:@{[$plain->port('listen')]}; }
    server {
        listen %%listen%%;
        grpc_ssl_trusted_certificate $ca;
        location / { grpc_pass grpcs://calls; }
        location /untrusted/ { grpc_pass grpcs://calls; grpc_ssl_trusted_certificate @{[$certs->make('other', ca => 1)->cert('other')]}; }
        location /h1/ { grpc_pass grpcs://plain; }
        location /proxied/ { proxy_pass https://plain; proxy_http_version 2; proxy_ssl_trusted_certificate $ca; }
    }
H
sub message ($text) { pack('CN', 0, length $text) . $text }
my %grpc = (TE => 'trailers', 'Content-Type' => 'application/grpc');
my $response = $pc->post('/S/Echo', message('abc'), {%grpc});
is $response->body, message('cba'), 'a unary call';
is $response->trailer('grpc-status'), 0, 'its status';
$response = $pc->post('/S/Count', message(''), {%grpc});
is length $response->body, 100 * 1005, 'a stream of replies';
is $response->trailer('grpc-status'), 0, 'its status';
$response = $pc->post('/S/Nothing', message(''), {%grpc});
is $response->header('grpc-status') // $response->trailer('grpc-status'), 12, 'no such method';
is $pc->post('/untrusted/', '', {%grpc})->status, 502, 'who cannot be trusted gets nothing';
is $pc->post('/h1/', '', {%grpc})->status, 502, 'nor who does not choose h2';
is $pc->get('/proxied/')->status, 502, 'proxy_http_version 2 alike';
ok $pc->wait_log(qr/no application protocol|by ALPN/), 'the log says so';
close $in;
waitpid $pid, 0;
done_testing;
