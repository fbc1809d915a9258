# proxy_pass with a URI: the matching part of the location is replaced, the rest and the query stay.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, $request->target] });
my $pc     = Proxycache->start(origin => $origin, server => <<'E');
    location /plain/            { proxy_pass http://%%origin%%; }
    location /name/             { proxy_pass http://%%origin%%/remote/; }
    location /bare              { proxy_pass http://%%origin%%/; }
    location = /exact           { proxy_pass http://%%origin%%/one; }
    location ~ ^/regex/         { proxy_pass http://%%origin%%; }
    location /broken/           { rewrite ^/broken/(.*)$ /changed/$1 break; proxy_pass http://%%origin%%/ignored/; }
    location /rewritten/        { rewrite ^/rewritten/(.*)$ /name/$1 last; }
    location /variable/         { proxy_pass http://%%origin%%$request_uri; }
    location /variable_no_uri/  { set $where %%origin%%; proxy_pass http://$where; }
    location /variable_fixed/   { set $where %%origin%%; proxy_pass http://$where/fixed?a=b; }
E

my %expected = (
    '/plain/a%20b//c?x=%2F'  => '/plain/a%20b//c?x=%2F',
    '/name/a%20b?x=1'        => '/remote/a%20b?x=1',
    '/name/%2e%2e/name/c'    => '/remote/c',
    '/name/a%3Fb%25c%23d'    => '/remote/a%3Fb%25c%23d',
    '/bare/x'                => '//x',
    '/exact?q'               => '/one?q',
    '/regex/%41'             => '/regex/%41',
    '/broken/x%20y?z'        => '/changed/x%20y?z',
    '/rewritten/x'           => '/remote/x',
    '/variable/a%20b?c'      => '/variable/a%20b?c',
    '/variable_no_uri/%61?c' => '/variable_no_uri/%61?c',
    '/variable_fixed/a?c'    => '/fixed?a=b',
);
is $pc->get($_)->body, $expected{$_}, $_ for sort keys %expected;
done_testing;
