# One run of -t shows every error of a file: where, the line with a caret, what was meant. Exit code 1.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->prepare(expect => qr/emerg/, conf => <<'E');
wrker_connections 2;
http {
    tcp_nodelay maybe;
    client_max_body_size 1x;
    keepalive_timeout 5parsecs;
    root;
    etag on; etag off;
    server {
        listen 127.0.0.1:99999;
        server_nam x;
        worker_connections 5;
        location / { return 200 "a $nobody b"; }
        location / { }
        location ~ "a(" { }
        set $a ${open;
        if ($a = $unknown) { }
        rewrite ^ /x $never;
        access_log logs/a.log no_such_format;
        root(x);
        keepalive_requests 10
        absolute_redirect off;
    }
    upstream empty { }
    include missing.conf;
    map $none $y { default 1; }
}
E
my $result = $pc->run(args => ['-t']);
is $result->{status}, 1, 'exit code';
my $file = $pc->path('conf/test.conf');
my @shown;
while ($result->{err} =~ /^proxycache: \[emerg\] (.*) in \Q$file\E:(\d+):(\d+)\n(    .*)\n( +)\^$/mg) {
    my ($message, $line, $column, $text, $indent) = ($1, $2, $3, $4, $5);
    my $source = (split /\n/, $pc->{text})[$line - 1];
    is $text, "    $source", "line $line is shown";
    is length $indent, 3 + $column, "the caret stands under column $column";
    push @shown, [$line, $message];
}
my %expected = (
    2  => qr/^unknown directive "wrker_connections", did you mean "worker_connections"\?$/,
    4  => qr/"tcp_nodelay": invalid value "maybe", it must be on or off/,
    5  => qr/"client_max_body_size": invalid size "1x"/,
    6  => qr/"keepalive_timeout": invalid time "5parsecs"/,
    7  => qr/"root" takes 1 argument, not 0/,
    8  => qr/"etag" is duplicate/,
    10 => qr/invalid port in "127\.0\.0\.1:99999"/,
    11 => qr/unknown directive "server_nam", did you mean "server_name"\?/,
    12 => qr/"worker_connections" is not allowed in "server"; it may stand in: events/,
    13 => qr/unknown "nobody" variable/,
    14 => qr/duplicate location "\/"/,
    15 => qr/missing closing parenthesis/,
    16 => qr/the closing bracket in "open" variable is missing/,
    17 => qr/unknown "unknown" variable/,
    18 => qr/invalid parameter "\$never"/,
    19 => qr/unknown log format "no_such_format"/,
    20 => qr/a space is missing between "root" and "\("/,
    21 => qr/";" is missing after "10"/,
    24 => qr/no servers are inside upstream "empty"/,
    25 => qr/open\(\) ".*missing\.conf" failed \(2: No such file/,
    26 => qr/unknown "none" variable/,
);
for my $line (sort { $a <=> $b } keys %expected) {
    ok((grep { $_->[0] == $line && $_->[1] =~ $expected{$line} } @shown), "line $line: $expected{$line}");
}
is_deeply [map { $_->[0] } @shown], [sort { $a <=> $b } map { $_->[0] } @shown], 'in the order of the file';
is scalar(@shown), scalar(keys %expected), 'and nothing else' or diag $result->{err};
done_testing;
