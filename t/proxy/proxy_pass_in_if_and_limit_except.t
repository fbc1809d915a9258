# proxy_pass of a location holds in its if; an if and a limit_except may have their own; a nested location has none.
use lib 't/lib';
use Proxycache;

my $a = Origin->new(sub ($request) { [200, {}, 'a'] });
my $b = Origin->new(sub ($request) { [200, {}, 'b'] });
my $pc = Proxycache->start(a => $a, b => $b, server => <<'E');
    location /if {
        proxy_pass http://%%a%%;
        if ($arg_to = b)    { proxy_pass http://%%b%%; }
        if ($arg_to = mark) { add_header X-Mark marked; }
    }
    location /except { proxy_pass http://%%a%%; limit_except GET { proxy_pass http://%%b%%; } }
    location /outer  { proxy_pass http://%%a%%; location /outer/inner { } }
E
is $pc->get('/if')->body, 'a', 'the location';
is $pc->get('/if?to=b')->body, 'b', 'the if';
my $marked = $pc->get('/if?to=mark');
is $marked->body, 'a', 'an if without one';
is $marked->header('x-mark'), 'marked', 'and what it adds';
is $pc->get('/except')->body, 'a', 'GET';
is $pc->post('/except', 'x')->body, 'b', 'limit_except';
is $pc->get('/outer/inner')->status, 404, 'a nested location does not proxy';
done_testing;
