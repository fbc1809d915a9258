# limit_except GET: HEAD is included, all else obeys what stands inside.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, $request->method] });
my $pc     = Proxycache->start(origin => $origin, server => <<'E');
    location / {
        limit_except GET { deny all; }
        proxy_pass http://%%origin%%;
    }
E
is $pc->get('/')->status, 200, 'GET';
is $pc->head('/')->status, 200, 'HEAD comes with GET';
is $pc->post('/', 'x')->status, 403, 'POST is denied';
is $pc->request('DELETE', '/')->status, 403, 'DELETE is denied';
done_testing;
