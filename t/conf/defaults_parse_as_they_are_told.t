# Every default that the reference tells can be written where the directive may stand, and changes nothing there.
use lib 't/lib';
use Proxycache;

my %lines;
for my $row (split /\n/, Proxycache::run_command([Proxycache::binary(), '-M', 'names'])->{out}) {
    my ($name, $contexts, $syntax, $default) = split /\t/, $row;
    next if ($default // '') eq '';
    push $lines{(split /, /, $contexts)[-1]}->@*, "$name $default;";
}
ok scalar(map { @$_ } values %lines) > 80, 'there are many';
my $take = sub ($context) { join "\n", '', sort((delete $lines{$context} // [])->@*) , ''};
my $pc = Proxycache->prepare(conf => 'daemon off; pid logs/x.pid; error_log logs/error.log; events { } http { }');
my $main = $take->('main') =~ s/^daemon on;//mr;
$pc->write_conf("daemon off; pid logs/proxycache.pid; error_log logs/error.log;\n$main events {" . $take->('events') . "}\n"
    . 'http {' . $take->('http') . 'upstream u { server 127.0.0.1:1;' . $take->('upstream') . '} server { listen %%listen%%;' . $take->('server')
    . 'location / { return 200 answer;' . $take->('location') . 'limit_except GET {' . $take->('limit_except') . '} if ($arg_x) {' . $take->('if in location') . "} } } }\n"
    . 'stream { server { listen %%listen_stream%%; proxy_pass 127.0.0.1:1;' . $take->('server in stream') . "} }\n");
is join(', ', sort keys %lines), '', 'every context has its place';
my $result = $pc->run(args => ['-t']);
is $result->{status}, 0, 'all defaults at once' or diag $result->{err};
unlike $result->{err}, qr/\[(warn|emerg)\]/, 'without a warning';
$pc->{option}{workers} = 1;
ok $pc->launch, 'and it starts';
is $pc->get('/')->body, 'answer', 'and answers';
done_testing;
