# Directives of nginx that would change an answer and are not built yet are refused by name; those that only tune
# nginx's machinery are noticed once each and ignored.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->prepare(expect => qr/emerg/, conf => <<'E');
load_module modules/ngx_http_geoip_module.so;
lock_file logs/lock; pcre_jit on; worker_cpu_affinity auto; timer_resolution 100ms;
events { accept_mutex on; }
http {
    sendfile on; aio threads; types_hash_max_size 2048; server_names_hash_bucket_size 64;
    variables_hash_max_size 1024; request_pool_size 4k; output_buffers 2 32k;
    server { listen %%listen%%; sendfile off; return 200 on; }
}
E
my $result = $pc->run(args => ['-t']);
is $result->{status}, 0, 'a configuration that only tunes nginx is good' or diag $result->{err};
for my $name (qw(load_module lock_file pcre_jit worker_cpu_affinity timer_resolution accept_mutex sendfile aio
    types_hash_max_size server_names_hash_bucket_size variables_hash_max_size request_pool_size output_buffers)) {
    my @notices = $result->{err} =~ /^proxycache: \[notice\] "$name" is ignored.*:\d+:\d+$/mg;
    is scalar(@notices), 1, "$name is noticed, once";
}

my %refused = (
    main     => [qw(stream mail thread_pool_of_nobody)],
    http     => [qw(gzip ssl_stapling limit_req_zone keyval js_import perl_set)],
    server   => [qw(ssl_early_data http3_hq ssi quic_retry mirror)],
    location => [qw(fastcgi_pass grpc_pass uwsgi_pass scgi_pass memcached_pass auth_request auth_jwt sub_filter autoindex
        slice limit_conn limit_req proxy_ssl_verify dav_methods mp4 flv)],
    upstream => [qw(least_conn ip_hash random sticky queue ntlm)],
);
my %frame = (
    main => sub ($line) { "$line\nevents { }\n" },
    http => sub ($line) { "events { }\nhttp {\n$line\n}\n" },
    server => sub ($line) { "events { }\nhttp { server {\n$line\n} }\n" },
    location => sub ($line) { "events { }\nhttp { server { location / {\n$line\n} } }\n" },
    upstream => sub ($line) { "events { }\nhttp { upstream u { server 127.0.0.1:1;\n$line\n} }\n" },
);
my %is_built = map { (split /\t/)[0] => 1 } split /\n/, Proxycache::run_command([Proxycache::binary(), '-M', 'names'])->{out};
for my $where (sort keys %refused) {
    for my $name (grep { !$is_built{$_} } $refused{$where}->@*) {
        $pc->write_file('conf/test.conf', $frame{$where}->("$name a;"));
        my $result = $pc->run(args => ['-t']);
        is $result->{status}, 1, "$name in $where is refused";
        my $why = $name =~ /nobody/ ? qr/unknown directive "$name"/ : qr/"$name" is a directive of nginx that is not built yet/;
        like $result->{err}, qr/\[emerg\] $why/, "$name: by name";
    }
}
done_testing;
