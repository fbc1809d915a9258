# proxy_set_header sets, replaces and removes; without it Host is $proxy_host and no Connection is sent; fields of one hop
# and those Connection names stay here.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, $request->head] });
my $pc     = Proxycache->start(origin => $origin, server => <<'E');
    location /default { proxy_pass http://%%origin%%; }
    location /set {
        proxy_set_header Host $host:99;
        proxy_set_header X-Real-IP $remote_addr;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header Accept-Encoding "";
        proxy_set_header X-Empty $arg_nothing;
        proxy_pass http://%%origin%%;
    }
    location /none { proxy_pass_request_headers off; proxy_pass http://%%origin%%; }
    location /outer {
        proxy_set_header X-Outer yes;
        location /outer/same { proxy_pass http://%%origin%%; }
        location /outer/own  { proxy_set_header X-Own yes; proxy_pass http://%%origin%%; }
    }
E

my $head = $pc->get('/default', {
    'X-Client' => 'kept', 'Connection' => 'X-Hop, keep-alive', 'X-Hop' => 'here only', 'Keep-Alive' => '5',
    'TE' => 'trailers', 'Upgrade' => 'x', 'Proxy-Connection' => 'x', 'Host' => 'client.example',
})->body;
like $head, qr{^GET /default HTTP/1\.1\r\n}, 'HTTP/1.1';
my $address = $origin->address;
like $head, qr{^Host: \Q$address\E\r$}m, 'Host is $proxy_host';
like $head, qr{^X-Client: kept\r$}m, 'a field of the client';
unlike $head, qr{^(X-Hop|Keep-Alive|TE|Upgrade|Proxy-Connection|Connection):}mi, 'nothing of one hop';

$head = $pc->get('/set', {'X-Forwarded-For' => '1.2.3.4', 'Accept-Encoding' => 'gzip', 'X-Empty' => 'client', Host => 'a.example'})->body;
like $head, qr{^Host: a\.example:99\r$}m, 'Host set';
like $head, qr{^X-Real-IP: 127\.0\.0\.1\r$}m, 'X-Real-IP';
like $head, qr{^X-Forwarded-For: 1\.2\.3\.4, 127\.0\.0\.1\r$}m, 'X-Forwarded-For';
is scalar(() = $head =~ /x-forwarded-for/gi), 1, 'replaced, not repeated';
unlike $head, qr/^(Accept-Encoding|X-Empty):/m, 'an empty value removes';

unlike $pc->get('/none', {'X-Client' => 'no'})->body, qr/X-Client/, 'proxy_pass_request_headers off';
like $pc->get('/outer/same')->body, qr/^X-Outer: yes/m, 'inherited';
unlike $pc->get('/outer/own')->body, qr/X-Outer/, 'not inherited beside an own one';
done_testing;
