# Certificates for tests, made with the openssl program: ECDSA keys, since they are made at once.
package Certificates;
use v5.36;
use Exporter 'import';
use File::Temp ();
our @EXPORT = qw(s_client curl);

# A folder of certificates with an authority of its own.
sub new($class) {
    my $self = bless {folder => File::Temp->newdir, serial => 0}, $class;
    $self->make('ca', ca => 1);
    return $self;
}

sub path($self, $name) { "$self->{folder}/$name" }
sub cert($self, $name) { $self->path("$name.crt") }
sub key($self, $name) { $self->path("$name.key") }

# The two lines of a server.
sub lines($self, $name) {
    return "ssl_certificate " . $self->cert($name) . "; ssl_certificate_key " . $self->key($name) . ';';
}

# NAME.crt and NAME.key for the names in `names` (default: NAME), signed by `by` (default: the authority).
# rsa => 1: an RSA key; ca => 1: an authority, which signs itself unless `by` names another.
sub make($self, $name, %option) {
    my @names = @{$option{names} // [$name]};
    my $key   = $self->key($name);
    my @kind  = $option{rsa} ? qw(-newkey rsa:2048) : qw(-newkey ec -pkeyopt ec_paramgen_curve:P-256);
    my $by    = $option{by} // ($option{ca} ? undef : 'ca');
    my @sign  = !defined $by ? () : ('-CA', $self->cert($by), '-CAkey', $self->key($by));
    my @more  = $option{ca}
        ? ('-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=keyCertSign,cRLSign')
        : ('-addext', 'basicConstraints=CA:FALSE', '-addext', 'subjectAltName=' . join ',', map {"DNS:$_"} @names);
    run('req', '-x509', '-nodes', @kind, '-keyout', $key, '-out', $self->cert($name), '-subj', "/CN=$name",
        '-set_serial', ++$self->{serial}, '-days', 30, @sign, @more);
    return $self;
}

# A list of revoked certificates of the authority.
sub revoke($self, $name) {
    my $conf = $self->path('ca.conf');
    open my $file, '>', $conf or die;
    print $file "[ca]\ndefault_ca=d\n[d]\ndatabase=$self->{folder}/index\ndefault_md=sha256\n"
        . "default_crl_days=30\n";
    close $file;
    open my $index, '>>', $self->path('index') or die;
    close $index;
    my @by = ('-config', $conf, '-cert', $self->cert('ca'), '-keyfile', $self->key('ca'));
    run('ca', @by, '-revoke', $self->cert($name)) if defined $name;
    run('ca', @by, '-gencrl', '-out', $self->path('crl.pem'));
    return $self->path('crl.pem');
}

sub run(@command) {
    my $pid = open my $out, '-|';
    die unless defined $pid;
    if (!$pid) {
        open STDERR, '>&', \*STDOUT;
        exec 'openssl', @command or exit 127;
    }
    local $/;
    my $text = <$out>;
    close $out or die "openssl @command: $text";
    return $text;
}

# What `openssl s_client` prints when it connects to ADDRESS with these arguments and sends INPUT; it ends when
# the server closes. So requests say Connection: close.
sub s_client($address, $input, @arguments) {
    require IPC::Open3;
    my @quiet = grep { $_ eq '-quiet' } @arguments;
    my $pid = IPC::Open3::open3(my $in, my $out, undef, 'timeout', 20, 'openssl', 's_client', '-connect', $address,
        @quiet ? () : '-ign_eof', @arguments);
    {
        local $SIG{PIPE} = 'IGNORE';
        print $in $input;
        $in->flush;
    }
    local $/;
    my $text = <$out> // '';
    close $in;
    waitpid $pid, 0;
    # What it says of tickets stands anywhere, and how it ended behind the last byte.
    $text =~ s/---\nPost-Handshake New Session Ticket.*?\n---\n(?:read R BLOCK\n)?//sg;
    return $text =~ s/(?:closed|read:errno=\d+)\n\z//r;
}

# What curl prints with these arguments, and its exit code.
sub curl(@arguments) {
    my $pid = open my $out, '-|';
    die unless defined $pid;
    if (!$pid) {
        open STDERR, '>', '/dev/null';
        exec 'curl', '-s', '--max-time', 20, @arguments or exit 127;
    }
    local $/;
    my $text = <$out> // '';
    close $out;
    return wantarray ? ($text, $? >> 8) : $text;
}

1;
