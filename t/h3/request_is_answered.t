# GET, HEAD and POST over HTTP/3: answered by ourselves, from an origin, and from the cache.
use lib 't/lib';
use Proxycache;
use Certificates;
use Http3;
use Digest::MD5 'md5_hex';

if (my $why = h3_missing(Proxycache::binary())) { plan(skip_all => $why) }
my $certs = Certificates->new->make('localhost');
my $large = join '', map { pack 'N', $_ * 2654435761 % 4294967296 } 1 .. 1 << 19;
my $origin = Origin->new(sub ($request) {
    return {status => 200, headers => {}, body => md5_hex($request->body)} if $request->method eq 'POST';
    return {status => 200, headers => {'Cache-Control' => 'max-age=60'}, body => $large};
});
my $pc = Proxycache->start(origin => $origin, http => <<"E");
    proxy_cache_path %%prefix%%/cache keys_zone=one:1m;
    server {
        listen %%listen%% quic;
        @{[$certs->lines('localhost')]}
        client_max_body_size 0;
        location / { return 200 "\$server_protocol \$scheme \$ssl_protocol \$ssl_server_name"; }
        location /origin/ { proxy_pass http://%%origin%%; }
        location /cached/ { proxy_pass http://%%origin%%; proxy_cache one; add_header X-Cache \$upstream_cache_status; }
    }
E
my $to = $pc->address;
is h3($to, '/hello')->{body}, 'HTTP/3.0 https TLSv1.3 localhost', 'GET: the variables of the connection';
my $head = h3($to, '/origin/large', method => 'HEAD');
is $head->{status}, 200, 'HEAD';
is $head->{headers}{'content-length'}, length $large, 'HEAD tells the length';
is $head->{body}, '', 'and brings no body';
is md5_hex(h3($to, '/origin/large')->{body}), md5_hex($large), 'GET from the origin';
$pc->write_file('upload', $large);
is h3($to, '/origin/post', method => 'POST', upload => $pc->path('upload'))->{body}, md5_hex($large), 'POST';
is h3($to, '/cached/large')->{headers}{'x-cache'}, 'MISS', 'the first goes to the origin';
my $hit = h3($to, '/cached/large');
is $hit->{headers}{'x-cache'}, 'HIT', 'the second comes from the cache';
is md5_hex($hit->{body}), md5_hex($large), 'whole';
ok $pc->wait_for(sub { $pc->access_log =~ m{"GET /cached/large HTTP/3\.0" 200} }), 'the access log names the version';
done_testing;
