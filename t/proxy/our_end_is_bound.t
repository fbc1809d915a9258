# proxy_bind: the origin sees the address named, and connections with another are not reused for it.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, $request->peer] });
my $pc = Proxycache->start(origin => $origin, server => <<'E');
    location /plain    { proxy_pass http://%%origin%%; }
    location /bound    { proxy_pass http://%%origin%%; proxy_bind 127.0.0.2; }
    location /variable { proxy_pass http://%%origin%%; proxy_bind $arg_from; }
    location /bound/off { proxy_pass http://%%origin%%; proxy_bind off; }
E
like $pc->get('/plain')->body, qr/^127\.0\.0\.1\b/, 'as the system chooses';
like $pc->get('/bound')->body, qr/^127\.0\.0\.2\b/, 'bound';
like $pc->get('/variable?from=127.0.0.3')->body, qr/^127\.0\.0\.3\b/, 'bound by a variable';
like $pc->get('/variable')->body, qr/^127\.0\.0\.1\b/, 'an empty variable binds nothing';
like $pc->get('/bound/off')->body, qr/^127\.0\.0\.1\b/, 'off';
done_testing;
