# A directive exists when a test shows what it does: every row of the program stands in the configuration of some other
# .t, every directive of nginx that this program says to have is there, and every variable has a value somewhere.
use lib 't/lib';
use Proxycache;

sub slurp ($path) { open my $file, '<', $path or die "$path: $!"; local $/; return readline $file }

# What is text in a test: its documents and its strings, without comments, and lists of words as variables.
sub texts ($path) {
    my $source = slurp($path) =~ s/^\s*(?:#|use ).*$//mgr;
    my $text   = '';
    while ($source =~ s/<<~?(['"]?)(\w+)\1(.*?\n)(.*?)^\s*\2$/$3/ms) { $text .= "$4\n" }
    $text .= "$2\n" while $source =~ /(['"])((?:\\.|(?!\1).)*)\1/g;
    $text .= join '', map { "\$$_\n" } split ' ', $1 while $source =~ /qw\(([\w\s]*)\)/g;
    return $source =~ m{s/proxy_ssl/grpc_ssl/} ? $text . $text =~ s/proxy_ssl/grpc_ssl/gr : $text;    # it runs for both families
}
my $tested = join "\n", map { texts($_) } grep { !m{/every_directive_has_a_test\.t$} && !m{/what_is_not_built} } glob 't/*/*.t';

my @rows = map { [split /\t/] } split /\n/, Proxycache::run_command([Proxycache::binary(), '-M', 'names'])->{out};
my %row  = map { $_->[0] => 1 } @rows;
cmp_ok scalar(keys %row), '>', 130, 'the program tells its directives';
for my $name (sort keys %row) {
    ok $tested =~ /(?:^|[;{}\s])$name(?:\s[^;{}]*)?[;{]/m, "a test uses $name";
}

# What must be there, whatever the rows say. include is the parser's own.
my @wanted = qw(
    user worker_processes worker_rlimit_nofile worker_shutdown_timeout worker_connections pid error_log daemon
    master_process env multi_accept use events http compat
    server listen server_name location root alias index try_files types default_type return rewrite set if map
    split_clients error_page internal log_format access_log server_tokens add_header expires allow deny auth_basic
    auth_basic_user_file set_real_ip_from real_ip_header real_ip_recursive client_header_timeout client_body_timeout
    send_timeout keepalive_timeout keepalive_requests client_header_buffer_size large_client_header_buffers
    client_max_body_size client_body_buffer_size max_headers ignore_invalid_headers underscores_in_headers merge_slashes
    reset_timedout_connection lingering_close lingering_time lingering_timeout keepalive_time keepalive_disable resolver
    resolver_timeout geo limit_rate limit_rate_after limit_except satisfy auth_delay absolute_redirect port_in_redirect
    server_name_in_redirect recursive_error_pages etag if_modified_since max_ranges add_trailer client_body_temp_path
    client_body_in_file_only chunked_transfer_encoding tcp_nodelay tcp_nopush postpone_output log_not_found
    valid_referers stub_status early_hints open_file_cache open_file_cache_valid open_file_cache_min_uses
    open_file_cache_errors break client_body_min_rate
    proxy_pass proxy_set_header proxy_http_version proxy_buffering proxy_buffer_size proxy_buffers
    proxy_request_buffering proxy_connect_timeout proxy_read_timeout proxy_send_timeout proxy_next_upstream
    proxy_next_upstream_tries proxy_next_upstream_timeout proxy_redirect proxy_hide_header proxy_pass_header
    proxy_ignore_headers proxy_cookie_domain proxy_cookie_path proxy_bind proxy_method proxy_set_body
    proxy_pass_request_headers proxy_pass_request_body proxy_pass_trailers proxy_cookie_flags proxy_limit_rate
    proxy_temp_path proxy_max_temp_file_size proxy_busy_buffers_size proxy_force_ranges proxy_intercept_errors
    upstream keepalive zone proxy_cache_path proxy_cache proxy_cache_key proxy_cache_valid proxy_cache_methods
    proxy_cache_bypass proxy_no_cache
);
ok $row{$_}, "$_ is there" for @wanted;

# These can show nothing here: no subrequest exists, and a body in memory is always in one piece. They are noticed.
my $pc = Proxycache->prepare(server => 'log_subrequest on; client_body_in_single_buffer on; return 204;');
my $notices = $pc->run(args => ['-t'])->{err};
like $notices, qr/"$_" is ignored/, "$_ is noticed" for qw(log_subrequest client_body_in_single_buffer);

# Every variable that is defined is used by a test.
my %variable;
for my $path (glob('src/*/*.cc'), glob('modules/*/*.cc')) {
    my $source = slurp($path);
    $variable{$1} = 1 while $source =~ /\.define(?:_prefix)?\("(\w+)"/g;
    next unless $path =~ /variables_(?:core|shared)/;
    my ($table) = $source =~ /(constexpr Named .*)/s;
    $variable{$1} = 1 while $table =~ /\{"(\w+)", \w/g;
}
cmp_ok scalar(keys %variable), '>', 60, 'variables are found in the source';
for my $name (sort keys %variable) {
    my $ending = $name =~ /_$/ ? '\w' : '\b';
    ok $tested =~ /\$\{?$name$ending/, "a test uses \$$name";
}
done_testing;
