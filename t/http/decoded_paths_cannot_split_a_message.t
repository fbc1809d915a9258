# \$uri holds decoded bytes: wherever a configuration puts it, CR and LF in it never begin a line of their own, on either side.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, join '|', $request->target, map { "$_->[0]: $_->[1]" } grep { $_->[0] =~ /^x/i } $request->fields->@*] });
my $pc = Proxycache->start(origin => $origin, http => <<'H', server => <<'E');
log_format plain '$uri';
H
    access_log logs/plain.log plain;
    location /redirect { return 302 https://far.example$uri; }
    location /added    { add_header X-Uri $uri; return 200 ok; }
    location /set      { proxy_set_header X-Uri $uri; proxy_pass http://%%origin%%; }
    location /target   { proxy_pass http://%%origin%%$uri; }
    location /rewrite  { rewrite ^/rewrite(.*)$ /over$1 break; proxy_pass http://%%origin%%; }
    location /prefix/  { proxy_pass http://%%origin%%/with/; }
    location /cookie   { return 200 $cookie_a; add_header X-Arg $arg_a; }
E
my $evil = '%0d%0aX-Evil:%20yes%0d%0a%0d%0aGET%20/smuggled%20HTTP/1.1%0d%0aHost:%20x%0d%0a%0d%0a';
for my $path (qw(/redirect /added /set /target /rewrite /prefix/)) {
    my $client   = $pc->connect;
    my $response = $client->ask('GET', "$path$evil");
    is $response->header('x-evil'), undef, "$path: no field in the answer";
    unlike $response->body, qr/X-Evil: yes/, "$path: no field in what the origin was asked" if $path ne '/set';
    ok $client->closed(0.1) || $client->is_quiet, "$path: nothing behind the answer";
}
is_deeply [grep { $_->target =~ m{^/smuggled} } $origin->requests], [], 'the origin got no second request';
is_deeply [grep { defined $_->header('x-evil') } $origin->requests], [], 'and no field of the client\'s making';
like $pc->get("/prefix/$evil")->body, qr{^/with/%0D%0AX-Evil:%20yes}i, 'what replaces a prefix is escaped again';
my $lines = sub { scalar split /\n/, $pc->access_log('logs/plain.log') };
$pc->wait_for(sub { $lines->() >= 7 });    # a line is written after the answer
is $lines->(), 7, 'the log has one line a request';
done_testing;
