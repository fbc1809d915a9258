# The command line: nginx's options, combined forms, messages on stderr and exit codes.
use lib 't/lib';
use Proxycache;

sub run (@arguments) { Proxycache::run_command([Proxycache::binary(), @arguments]) }

my %wrong = (
    '-x'          => 'invalid option: "x"',
    'word'        => 'invalid option: "word"',
    '-p'          => 'option "-p" requires directory name',
    '-c'          => 'option "-c" requires file name',
    '-e'          => 'option "-e" requires file name',
    '-tc'         => 'option "-c" requires file name',
    '-g'          => 'option "-g" requires parameter',
    '-s'          => 'option "-s" requires parameter',
    '-s fast'     => 'invalid option: "-s fast"',
);
for my $arguments (sort keys %wrong) {
    my $result = run(split ' ', $arguments);
    is $result->{err}, "proxycache: $wrong{$arguments}\n", "$arguments says what is wrong";
    is $result->{status}, 1, "$arguments exits with 1";
    is $result->{out}, '', "$arguments prints nothing to stdout";
}

for my $arguments ('-v', '-V', '-h', '-?', '-hV', '-vh') {
    my $result = run($arguments);
    like $result->{err}, qr{\Aproxycache version: proxycache/[\d.]+\n}, "$arguments begins with the version";
    is $result->{status}, 0, "$arguments exits with 0";
}
like run('-h')->{err}, qr/^Usage: proxycache \[-\?hvVtTq\].*\n\n?Options:/ms, '-h shows the options';
my $built = run('-V')->{err};
like $built, qr/^built by (gcc|clang) \d/m, '-V names the compiler';
like $built, qr/^built with OpenSSL \d/m, '-V names OpenSSL';
like $built, qr/^configure arguments: --prefix=/m, '-V ends with the configure arguments';
like $built, qr/^TLS SNI support enabled$/m, '-V says that names choose certificates';

my $pc = Proxycache->prepare(server => 'return 204;');
my $prefix = $pc->prefix;
for my $form (["-p$prefix", '-tcconf/test.conf'], ['-p', $prefix, '-t', '-c', 'conf/test.conf'], ['-tp', $prefix, '-c', "$prefix/conf/test.conf"]) {
    my $result = run(@$form);
    is $result->{err}, "proxycache: the configuration file $prefix/conf/test.conf syntax is ok\n"
        . "proxycache: configuration file $prefix/conf/test.conf test is successful\n", "@$form";
    is $result->{status}, 0;
}
done_testing;
