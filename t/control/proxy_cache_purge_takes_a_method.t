# proxy_cache_purge PURGE: a request with that method removes what is stored, with its variants, from allowed addresses only.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(
    sub ($request) {
        my %headers = ('Cache-Control' => 'max-age=600', 'Surrogate-Key' => 'one two');
        $headers{Vary} = 'X-Kind' if $request->{target} =~ /vary/;
        [200, \%headers, "body of $request->{target}"];
    }
);
my $pc = Proxycache->start(
    origin  => $origin,
    workers => 4,
    http    => 'proxy_cache_path cache keys_zone=one:1m; map $request_method $asked { default 0; DELETE 1; }',
    server  => <<'E'
    proxy_cache one;
    location / { proxy_pass http://%%origin%%; proxy_cache_purge PURGE; }
    location /other { proxy_pass http://%%origin%%; proxy_cache_key "other $uri"; proxy_cache_purge PURGE from 127.0.0.0/8; }
    location /closed { proxy_pass http://%%origin%%; proxy_cache_purge PURGE from 192.0.2.0/24; }
    location /plus { proxy_pass http://%%origin%%; proxy_cache_purge $asked; }
    location /none { proxy_pass http://%%origin%%; }
E
);
sub state_of ($target, $fields = {}) { $pc->get($target, $fields)->header('x-cache') }

is $pc->request(PURGE => '/a')->status, 404, 'there is nothing yet';
is state_of('/a'), 'MISS', 'stored';
my $answer = $pc->request(PURGE => '/a');
is $answer->status, 200, 'purged';
is $answer->body, qq({"purged": 1}\n), 'and told how many';
is state_of('/a'), 'MISS', 'gone';

state_of('/vary', {'X-Kind' => $_}) for 1 .. 3;
is state_of('/vary', {'X-Kind' => 2}), 'HIT', 'variants are there';
is $pc->request(PURGE => '/vary')->body, qq({"purged": 3}\n), 'all variants go';
is state_of('/vary', {'X-Kind' => $_}), 'MISS', "variant $_ is gone" for 1 .. 3;

state_of('/other/1');
is state_of('/other/1'), 'HIT', 'under a key of its own';
is $pc->request(PURGE => '/other/1')->status, 200, 'purged';
is state_of('/other/1'), 'MISS', 'gone';

state_of("/b/$_") for 1 .. 3;
is $pc->request(PURGE => '/b/*')->status, 200, 'a star stands for all that begin so';
is state_of("/b/$_"), 'MISS', "/b/$_ is gone" for 1 .. 3;

is state_of('/b/1'), 'HIT', 'stored again';
is $pc->request(PURGE => '/b/9', {'Surrogate-Key' => 'nothing two'})->status, 200, 'by tags';
is state_of('/b/1'), 'MISS', 'gone';

is state_of('/b/1'), 'HIT', 'stored again';
is $pc->request(PURGE => '/b/1', {'Soft-Purge' => 1})->status, 200, 'softly';
isnt state_of('/b/1'), 'HIT', 'it is stale';

state_of('/closed/1');
is $pc->request(PURGE => '/closed/1')->status, 403, 'not from here';
is state_of('/closed/1'), 'HIT', 'it stays';

state_of('/plus/1');
is $pc->request(DELETE => '/plus/1')->status, 204, 'the form with a variable answers 204';
is state_of('/plus/1'), 'MISS', 'gone';

is $pc->request(PURGE => '/none')->status, 200, 'without the directive the origin is asked';

my $wrong = Proxycache->run(conf => 'http { server { location / { proxy_cache_purge GET; } } }', args => ['-t']);
like $wrong->{err}, qr/GET cannot be the method of purges/, 'GET is refused';
done_testing;
