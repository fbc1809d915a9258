# rewrite ... break changes the URI that is fetched and stays in its location; nothing after it runs.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, $request->target] });
my $pc     = Proxycache->start(origin => $origin, server => <<'E');
    location /break/ {
        rewrite ^/break/(.*)$ /target/$1?added=1 break;
        return 200 "not reached";
        proxy_pass http://%%origin%%;
    }
    location /target/ { return 200 "wrong location"; }
E
is $pc->get('/break/a?q=1')->body, '/target/a?added=1&q=1', 'new arguments stand before the old ones';
done_testing;
