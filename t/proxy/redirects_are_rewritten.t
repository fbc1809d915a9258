# proxy_redirect: default, off, texts, regular expressions; Refresh too.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) {
    my ($to) = $request->target =~ /to=([^&]*)/;
    $to =~ s/SELF/'http:\/\/' . $request->header('x-self')/e;
    return [302, {Location => $to, Refresh => "5; url=$to"}, ''];
});
my $pc = Proxycache->start(origin => $origin, server => <<'E');
    proxy_set_header X-Self %%origin%%;
    location /one/   { proxy_pass http://%%origin%%/two/; }
    location /plain/ { proxy_pass http://%%origin%%; }
    location /off/   { proxy_pass http://%%origin%%; proxy_redirect off; }
    location /text/  { proxy_pass http://%%origin%%; proxy_redirect http://a.example/ https://$host/b/; }
    location /regex/ { proxy_pass http://%%origin%%; proxy_redirect ~^http://([a-z]+)\.example/(.*)$ /$1/$2; }
    location /relative/ { absolute_redirect off; proxy_pass http://%%origin%%/two/; }
E
my ($self, $here) = ($origin->address, 'http://localhost:' . $pc->connect->socket->peerport);
my %expected = (
    '/one/?to=SELF/two/x'           => "$here/one/x",
    '/one/?to=SELF/three/x'         => "http://$self/three/x",
    '/plain/?to=SELF/x?y'           => "$here/x?y",
    '/plain/?to=/x'                 => '/x',
    '/off/?to=SELF/x'               => "http://$self/x",
    '/text/?to=http://a.example/x'  => 'https://localhost/b/x',
    '/text/?to=SELF/x'              => "http://$self/x",
    '/regex/?to=http://b.example/x' => "$here/b/x",
    '/relative/?to=SELF/two/x'      => '/relative/x',
);
is $pc->get($_)->header('location'), $expected{$_}, $_ for sort keys %expected;
is $pc->get('/text/?to=http://a.example/x')->header('refresh'), '5; url=https://localhost/b/x', 'Refresh';
done_testing;
