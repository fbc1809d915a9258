# proxy_cookie_domain, proxy_cookie_path and proxy_cookie_flags change Set-Cookie.
use lib 't/lib';
use Proxycache;

my @cookies = ('a=1; Domain=.Origin.example; Path=/two/x; HttpOnly', 'b=2; Secure; Expires=Wed, 21 Oct 2026 07:28:00 GMT');
my $origin  = Origin->new(sub ($request) { [200, {'Set-Cookie' => \@cookies}, 'ok'] });
my $pc = Proxycache->start(origin => $origin, server => <<'E');
    location /none  { proxy_pass http://%%origin%%; }
    location /text  { proxy_pass http://%%origin%%; proxy_cookie_domain origin.example $host; proxy_cookie_path /two/ /; }
    location /regex { proxy_pass http://%%origin%%; proxy_cookie_domain ~^\.?(.+)\.example$ $1.test; proxy_cookie_path ~*^/TWO(.*) /three$1; }
    location /flags { proxy_pass http://%%origin%%; proxy_cookie_flags a secure samesite=lax nohttponly; proxy_cookie_flags ~. nosecure; }
E
is_deeply [$pc->get('/none')->headers('set-cookie')], \@cookies, 'unchanged';
is(($pc->get('/text')->headers('set-cookie'))[0], 'a=1; Domain=localhost; Path=/x; HttpOnly', 'texts');
is(($pc->get('/regex')->headers('set-cookie'))[0], 'a=1; Domain=Origin.test; Path=/three/x; HttpOnly', 'regular expressions');
is_deeply [$pc->get('/flags')->headers('set-cookie')],
    ['a=1; Domain=.Origin.example; Path=/two/x; secure; samesite=Lax', 'b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT'], 'flags';
done_testing;
