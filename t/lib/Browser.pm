# Headless Chromium, for what only a browser does. `Browser::find` says where it is; a test without one skips with a reason.
package Browser;

use v5.36;
use File::Temp ();
use Wait qw(patience);

sub find () {
    my ($found) = grep { -x } map { "/usr/bin/$_" } qw(chromium-headless-shell chromium google-chrome);
    return $found;
}

# Opens the page in a browser without memory; every name is 127.0.0.1 and every certificate good. A handle from which its DOM
# can be read once the page is loaded.
sub open ($url, @options) {
    my $home = File::Temp->newdir;
    my $pid  = CORE::open(my $out, '-|') // die "fork: $!";
    return (bless {out => $out, home => $home}) if $pid;
    CORE::open(STDERR, '>', '/dev/null');
    $ENV{HOME} = "$home";
    exec 'timeout', '-k', 5, patience(60), find(), '--headless', '--no-sandbox', '--disable-gpu', '--ignore-certificate-errors',
        "--user-data-dir=$home", '--disable-background-networking', '--host-resolver-rules=MAP * 127.0.0.1', @options, '--dump-dom', $url
        or POSIX::_exit(127);
}

sub dom ($self) {
    local $/;
    my $out = $self->{out};
    return scalar <$out>;
}

1;
