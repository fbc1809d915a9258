# The first allow or deny that fits decides; rules of a location stand in place of the server's.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(server => <<'E2');
    deny 127.0.0.1;
    location /            { try_files /none =204; }
    location /open/       { allow 127.0.0.0/8; deny all; try_files /none =204; }
    location /other/      { deny 10.0.0.0/8; try_files /none =204; }
    location /page/       { error_page 403 = @page; }
    location @page        { allow all; return 200 "page"; }
E2
is $pc->get('/')->status, 403, 'inherited';
ok $pc->wait_log(qr{\[error\] .*access forbidden by rule, client: 127.0.0.1, server: .*, request: "GET / HTTP/1.1", host: }), 'said in the log';
is $pc->get('/open/')->status, 204, 'allowed by the first that fits';
is $pc->get('/other/')->status, 204, 'no rule fits';
is $pc->get('/page/')->body, 'page', 'the page of the error';
done_testing;
