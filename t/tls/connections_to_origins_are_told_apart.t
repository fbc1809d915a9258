# A connection over TLS serves again only who would have made it so; sessions are resumed; a handshake has a time limit;
# `compat nginx` verifies nobody; a key with a passphrase. By proxy_pass https:// and by grpc_pass grpcs://.
use lib 't/lib';
use Proxycache;
use Certificates;

my $certs = Certificates->new->make('localhost');
my $ca = $certs->cert('ca');
my $locked = $certs->path('locked.key');
Certificates::run('pkey', '-in', $certs->key('localhost'), '-aes256', '-passout', 'pass:secret', '-out', $locked);
open my $file, '>', $certs->path('words') or die; print $file "wrong\nsecret\n"; close $file;
my $origin = Proxycache->start(http => "http2 on; ssl_client_certificate $ca; ssl_verify_client optional; server { "
    . "listen %%listen%% ssl; @{[$certs->lines('localhost')]} "
    . 'return 200 "$connection $ssl_session_reused $ssl_client_verify|$ssl_server_name"; }');
my $port = $origin->port;
my $dumb = Origin->new(sub ($request) { {raw => [['stall']]} }, at => 'accept');
my $conf = <<"E";
    upstream one { server localhost:$port; }
    upstream fresh { server localhost:$port; keepalive 0; }
    server {
        listen %%listen%%;
        %%more%%
        location /a { proxy_pass https://one; }
        location /same { proxy_pass https://one; }
        location /off { proxy_pass https://one; proxy_ssl_verify off; }
        location /other { proxy_pass https://one; proxy_ssl_name other.test; proxy_ssl_verify off; }
        location /key { proxy_pass https://one; proxy_ssl_certificate @{[$certs->cert('localhost')]};
            proxy_ssl_certificate_key $locked; proxy_ssl_password_file @{[$certs->path('words')]}; }
        location /again { proxy_pass https://fresh; }
        location /never { proxy_pass https://fresh; proxy_ssl_session_reuse off; }
        location /dumb { proxy_pass https://@{[$dumb->address]}; proxy_connect_timeout 200ms; grpc_connect_timeout 200ms; }
    }
E
for (['proxy', $conf], ['grpc', $conf =~ s/proxy_ssl/grpc_ssl/gr =~ s{proxy_pass https:}{grpc_pass grpcs:}gr]) {
    my ($family, $http) = @$_;
    my $pc = Proxycache->start(http => $http, more => "${family}_ssl_trusted_certificate $ca;");
    my $connection = sub ($target) { $pc->get($target)->body =~ /^(\d+)/ ? $1 : 'none' };
    my $first = $connection->('/a');
    is $connection->('/same'), $first, 'the same lines: the same connection';
    isnt $connection->('/off'), $first, 'not where another verifies nobody';
    isnt $connection->('/other'), $connection->('/off'), 'nor under another name';
    is $connection->('/a'), $first, 'the first is still there';
    like $pc->get('/key')->body, qr/SUCCESS/, 'a key with a passphrase';
    like $pc->get('/again')->body, qr/^\d+ \. /, 'a new connection makes a session';
    like $pc->get('/again')->body, qr/^\d+ r /, 'and the next resumes it';
    like $pc->get('/never')->body, qr/^\d+ \. /, 'another kind of connection does not' for 1 .. 2;
    is $pc->get('/dumb')->status, 504, 'an origin that never shakes hands is 504';
    like $pc->error_log, qr/upstream timed out \(110: .*\) while SSL handshaking to upstream/, 'and the log says so';
    $pc->stop;
}

my $pc = Proxycache->start(conf => "compat nginx;\nhttp {\n$conf\n}\n", more => '');
like $pc->get('/a')->body, qr/\|$/, 'compat nginx: neither verified nor named';
done_testing;
