# What is wrong with proxying directives is said at -t, each at its place.
use lib 't/lib';
use Proxycache;

my $result = Proxycache->run(http => <<'E', args => ['-t']);
upstream empty { }
upstream odd { server 127.0.0.1 weight=0; server 127.0.0.1:1 colour=red; server 127.0.0.1 backup; }
upstream twice { server 127.0.0.1; }
upstream twice { server 127.0.0.1; }
server {
    listen 127.0.0.1:1;
    location ~ regex { proxy_pass http://127.0.0.1/uri; }
    location /a { if ($args) { proxy_pass http://127.0.0.1/uri; } }
    location /b { proxy_pass https://127.0.0.1; }
    location /c { proxy_pass ftp://127.0.0.1; }
    location /d { proxy_pass http://127.0.0.1; proxy_next_upstream http_418; }
    location /e { proxy_pass http://127.0.0.1; proxy_buffers 1 4k; }
    location /f { proxy_pass http://127.0.0.1; proxy_bind nonsense; }
    location /g { proxy_pass http://127.0.0.1; proxy_http_version 3; }
    location /h { proxy_pass http://127.0.0.1; proxy_redirect nonsense; }
    location /i { proxy_pass http://127.0.0.1; proxy_cookie_flags a sweet; }
    location /j { proxy_pass http://127.0.0.1; proxy_ssl_certificate /x; }
}
E
isnt $result->{status}, 0, 'refused';
for ('no servers are inside upstream "empty"', 'invalid number "0"', 'invalid parameter "colour=red"', 'duplicate upstream "twice"',
    'cannot have a URI part inside', 'invalid URL prefix',
    'invalid value "http_418"', 'at least 2 "proxy_buffers"', 'invalid address "nonsense"', 'invalid value "3"',
    'invalid parameter "nonsense"', 'invalid flag "sweet"', 'no "proxy_ssl_certificate_key" is defined') {
    like $result->{err}, qr/\Q$_\E/, $_;
}
done_testing;
