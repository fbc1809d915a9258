# HTTP/3 for tests, by gtlsclient (package ngtcp2-client): one connection, one request after another on it.
package Http3;
use v5.36;
use Exporter 'import';
use File::Temp ();
use Wait qw(patience);
our @EXPORT = qw(h3 h3_missing);

sub is_built ($binary) { qx{$binary -V 2>&1} =~ /--with-http_v3_module/ }

# Why the tests of HTTP/3 cannot run here; nothing when they can.
sub h3_missing($binary) {
    return 'built without HTTP/3' unless is_built($binary);
    return 'no gtlsclient' unless grep { -x "$_/gtlsclient" } split /:/, $ENV{PATH};
    return;
}

# h3('127.0.0.1:443', '/path', method => 'POST', upload => FILE, args => [...]) returns
# {status, headers, body, log}; without an answer the status is 0.
sub h3($address, $target, %option) {
    my ($host, $port) = split /:/, $address;
    my $folder = File::Temp->newdir;
    my @command = ('timeout', patience(20), 'gtlsclient', '--no-quic-dump', '--exit-on-all-streams-close', '--download', "$folder");
    push @command, '-m', $option{method} if $option{method};
    push @command, '-d', $option{upload} if $option{upload};
    push @command, ($option{args} // [])->@*;
    my $name = 'localhost';    # what gtlsclient says in its ClientHello to an address, whatever --sni is
    push @command, $host, $port, "https://$name:$port$target";
    my $pid = open my $out, '-|';
    die "fork: $!" unless defined $pid;
    if (!$pid) {
        open STDERR, '>&', \*STDOUT;
        exec @command or exit 127;
    }
    local $/;
    my $log = <$out> // '';
    close $out;
    my ($head)   = $log =~ /response headers started\n(.*?)headers ended/s;
    my %headers  = ($head // '') =~ /\[([^:\]]+): (.*)\]$/mg;
    my ($status) = $log =~ /\[:status: (\d+)\]/;
    my ($file) = glob "$folder/*";
    my $body = '';
    if (defined $file) {
        open my $in, '<:raw', $file or die "$file: $!";
        $body = <$in>;
    }
    return {status => $status // 0, headers => \%headers, body => $body, log => $log};
}

1;
