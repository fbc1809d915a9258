# Variables where nginx takes them: paths, types of redirects, rates, names of logs' conditions, upstreams, captures.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {'X-Accept' => $request->header('accept') // ''}, 'origin ' . $request->target] });
my $pc = Proxycache->start(origin => $origin, http => <<'H', server => <<'E');
    map $arg_log $is_logged { default 0; yes 1; }
    map $uri $lifetime { default off; ~^/expires/long 1h; }
    upstream chosen { server %%origin%%; }
H
    server_tokens "me-$arg_name";
    access_log logs/some.log combined if=$is_logged;
    location /root/ { root %%prefix%%/$arg_in; }
    location ~ ^/alias/(?<who>\w+)/(.+)$ { alias %%prefix%%/html/$who/$2; }
    location /index/ { alias %%prefix%%/html/one/; index $arg_index nothing.html a.txt; }
    location /try/ { try_files /one/$arg_file /two/${arg_file} =404; }
    location /pass { set $to chosen; proxy_pass http://$to/$arg_path; }
    location /host { proxy_pass http://$arg_host; proxy_set_header Accept "$arg_a$arg_b"; }
    location /page { error_page 404 = /shown?was=$uri&$args; return 404; }
    location = /shown { return 200 "$args"; }
    location /expires { expires $lifetime; return 200 x; }
    location /header { add_header X-Mixed "a${arg_x}b$arg_y-$arg_x"; return 200 x; }
    location /realm { auth_basic "for $arg_who"; auth_basic_user_file %%prefix%%/conf/users; }
    location ~ ^/(?<first>[a-z]+)-(?<second>\d+)$ { return 200 "$second.$first.$1"; }
    location /self { set $a "$a+"; set $b "${a}x"; return 200 "$b"; }
E
$pc->write_file('html/one/a.txt', 'one a');
$pc->write_file('html/two/b.txt', 'two b');
$pc->write_file('html/root/r.txt', 'root r');
is $pc->get('/root/r.txt?in=html')->body, 'root r', 'root';
is $pc->get('/alias/two/b.txt')->body, 'two b', 'alias with captures';
is $pc->get('/index/?index=a.txt')->body, 'one a', 'index';
is $pc->get('/try/?file=b.txt')->body, 'two b', 'try_files';
is $pc->get('/try/?file=c.txt')->status, 404, 'and its end';
is $pc->get('/pass?path=p/q')->body, 'origin /p/q', 'proxy_pass: the name of an upstream';
my $host = $pc->get('/host?host=' . $origin->address . '&a=1&b=2');
like $host->body, qr{^origin /host\?}, 'proxy_pass: an address';
is $host->header('X-Accept'), '12', 'proxy_set_header';
is $pc->get('/page?q=1')->body, 'was=/page&q=1', 'error_page';
is $pc->get('/expires/long')->header('Cache-Control'), 'max-age=3600', 'expires';
is $pc->get('/expires')->header('Cache-Control'), undef, 'expires: off';
is $pc->get('/realm?who=you')->header('WWW-Authenticate'), 'Basic realm="for you"', 'auth_basic';
is $pc->get('/abc-42')->body, '42.abc.abc', 'named captures';
is $pc->get('/self')->body, '+x', 'set of itself';
is $pc->get('/page?name=n')->header('Server'), 'me-n', 'server_tokens';
$pc->get('/shown?log=yes&here');
ok $pc->wait_log(qr/log=yes&here/, 10, 'logs/some.log'), 'access_log if=';
is scalar(my @lines = split /\n/, $pc->read_file('logs/some.log')), 1, 'only that one';
done_testing;
