# ignore_invalid_headers and underscores_in_headers: by default fields with names outside A-Z a-z 0-9 - are left out; with off those
# that RFC 9110 section 5.1 allows go on, and others are refused.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, join ' ', sort grep { /^x/i } map { $_->[0] } $request->fields->@*] });
my $pc     = Proxycache->start(origin => $origin, http => <<'H');
server { listen %%listen%%; location / { proxy_pass http://%%origin%%; } }
server { listen %%listen_under%%; underscores_in_headers on; location / { proxy_pass http://%%origin%%; } }
server { listen %%listen_strict%%; ignore_invalid_headers off; location / { proxy_pass http://%%origin%%; } }
H
my %odd = ('X-a' => 1, 'X_b' => 1, 'X.c' => 1, 'X~d' => 1);
is $pc->get('/', {%odd})->body, 'X-a', 'by default all but the plain one are dropped';
is $pc->get('/', {%odd}, listen => 'listen_under')->body, 'X-a X_b', 'underscores_in_headers on';
is $pc->get('/', {%odd}, listen => 'listen_strict')->body, 'X-a X.c X_b X~d', 'ignore_invalid_headers off: every token goes on';
for my $name ('X(a', 'X@a', "X\xe9", 'X"a', 'X/a', 'X{a}') {
    is $pc->get('/', {$name => 1, 'X-a' => 1})->body, 'X-a', "$name is no token: dropped";
    is $pc->get('/', {$name => 1}, listen => 'listen_strict')->status, 400, "$name: 400";
}
is $pc->get('/', {'Content_Length' => 5, 'Transfer_Encoding' => 'chunked'})->body, '', 'a look-alike of a framing field means nothing';
done_testing;
