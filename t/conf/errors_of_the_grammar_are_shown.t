# What the grammar itself refuses, each with its place.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->prepare(server => 'return 204;', expect => qr/emerg/);
my %wrong = (
    "http { server { }\n"                    => qr/the block of "http" is not closed/,
    "http { }\n}\n"                          => qr/unexpected "\}"/,
    "worker_processes 1\n"                   => qr/unexpected end of file|";"/,
    "http { root \"a; }\n"                   => qr/unexpected end of file|quote|"/,
    "http { root 'a'b; }\n"                  => qr/unexpected "b"/,
    "http;\n"                                => qr/"http".*"\{"|block/,
    "worker_processes 1 { }\n"               => qr/"worker_processes".*block|"\{"/,
    "; http { }\n"                           => qr/unexpected ";"/,
    "http { { } }\n"                         => qr/unexpected "\{"/,
    "worker_processes 1 2;\n"                => qr/takes 1 argument, not 2/,
    "http { include conf/test.conf; }\n"     => qr/conf/,
);
for my $text (sort keys %wrong) {
    $pc->write_file('conf/test.conf', $text);
    my $result = $pc->run(args => ['-t']);
    my $name = $text =~ s/\n/\\n/gr;
    is $result->{status}, 1, "$name: exit code";
    is $result->{signal}, 0, "$name: no crash";
    like $result->{err}, qr/\[emerg\] .*$wrong{$text}.*:\d+:\d+$/m, "$name: message";
    like $result->{err}, qr/configuration file \S+ test failed$/m, "$name: conclusion";
}
done_testing;
