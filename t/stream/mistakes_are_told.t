# What cannot be in a stream block is refused with its place.
use lib 't/lib';
use Proxycache;

my %said = (
    'server { listen 1; }'                                                => qr/none of "proxy_pass", "return" and "pass"/,
    'server { proxy_pass 127.0.0.1:1; }'                                  => qr/no "listen" is defined/,
    'server { listen 1; return a; pass 127.0.0.1:1; }'                    => qr/only one of/,
    'server { listen 127.0.0.1; return a; }'                              => qr/no port in "127.0.0.1" of the "listen" directive/,
    'server { listen 1; proxy_pass 127.0.0.1; }'                          => qr/no port in upstream "127.0.0.1"/,
    'upstream u { server 127.0.0.1; }'                                    => qr/no port in upstream "127.0.0.1"/,
    'server { listen 1 ssl; return a; }'                                  => qr/"ssl" parameter of listen is not built yet/,
    'server { listen 1; return a; } server { listen 1; return b; }'       => qr/duplicate "0.0.0.0:1" address and port pair/,
    'server { listen 1; return $request_uri; }'                           => qr/unknown "request_uri" variable/,
    'server { listen 1; return a; access_log logs/x; }'                   => qr/log format is not specified/,
    'server { listen 1; return a; access_log logs/x combined; }'          => qr/unknown log format "combined"/,
    'server { listen 1; return a; server_name x; }'                       => qr/"server_name" is not allowed in "server in stream"/,
    'server { listen 1; return a; set $status 1; }'                       => qr/the duplicate "status" variable/,
    'server { listen 1; return a; proxy_buffer_size 1; }'                 => qr/"proxy_buffer_size" must be at least/,
    'server { listen 1; return a; proxy_upload_rate fast; }'              => qr/"proxy_upload_rate"/,
    'server { listen 1; return a; location / { } }'                       => qr/"location" is not allowed/,
    'server { listen 1; return a; js_access x; }'                         => qr/"js_access"/,
    'limit_conn a 1;'                                                     => qr/"limit_conn" is a directive of nginx that is not built yet/,
);
for my $stream (sort keys %said) {
    my $result = Proxycache->run(conf => "stream { $stream }", args => ['-t']);
    isnt $result->{status}, 0, "refused: $stream";
    like $result->{err}, $said{$stream}, 'and told why';
}
my $both = Proxycache->run(conf => 'http { server { listen 127.0.0.1:1; } } stream { server { listen 127.0.0.1:1; return a; } }', args => ['-t']);
like $both->{err}, qr/duplicate "127.0.0.1:1" address and port pair/, 'an address of http is not free for stream';
done_testing;
