# A raw HTTP/1 client: writes the bytes it is given and reads answers as RFC 9112 frames them.
package Client;

use v5.36;
use IO::Socket::IP;
use IO::Socket::UNIX;
use IO::Select;
use Socket qw(SOL_SOCKET SO_LINGER SO_RCVBUF MSG_PEEK MSG_DONTWAIT IPPROTO_TCP TCP_NODELAY);
use Time::HiRes qw(time);
use Errno qw(EAGAIN EWOULDBLOCK EINTR);
use Response;
use Wait qw(patience);

# connect('127.0.0.1:8080', rcvbuf => 4096, timeout => 10) or connect('unix:/path')
sub connect ($class, $address, %option) {
    my $socket;
    if ($address =~ /^unix:(.*)/) {
        $socket = IO::Socket::UNIX->new(Peer => $1);
    } elsif ($option{rcvbuf}) {    # must be set before the handshake to limit the window
        my ($host, $port) = split_address($address);
        $socket = IO::Socket::IP->new(PeerHost => $host, PeerPort => $port, Sockopts => [[SOL_SOCKET, SO_RCVBUF, $option{rcvbuf}]]);
    } else {
        my ($host, $port) = split_address($address);
        $socket = IO::Socket::IP->new(PeerHost => $host, PeerPort => $port, ($option{from} ? (LocalHost => $option{from}) : ()));
    }
    return unless $socket;
    $socket->setsockopt(IPPROTO_TCP, TCP_NODELAY, 1) unless $address =~ /^unix:/;
    $socket->blocking(0);
    binmode $socket;
    return bless {socket => $socket, in => '', methods => [], timeout => $option{timeout} // 10}, $class;
}

sub split_address ($address) {
    $address =~ /^\[?(.*?)\]?:(\d+)$/ or die "no address: $address";
    return ($1, $2);
}

sub socket     ($self) { $self->{socket} }
sub local_port ($self) { $self->{socket}->sockport }

# Writes all of it, or dies when the peer takes nothing for the timeout. False when the peer has gone away.
sub write ($self, @bytes) {
    my $bytes = join '', @bytes;
    push $self->{methods}->@*, $1 while $bytes =~ /^([!-~]+) \S+ HTTP\/1\.[01]\r?$/mg;
    while (length $bytes) {
        my $written = $self->write_some($bytes) // return 0;
        if ($written == 0) {
            IO::Select->new($self->{socket})->can_write(patience($self->{timeout})) or die "the peer reads nothing for $self->{timeout} s";
        }
        substr $bytes, 0, $written, '';
    }
    return 1;
}

# As much as the socket takes at once: 0 when it is full, undef when the peer has gone away.
sub write_some ($self, $bytes) {
    local $SIG{PIPE} = 'IGNORE';
    my $written = syswrite $self->{socket}, $bytes;
    return $written if defined $written;
    return 0 if $! == EAGAIN || $! == EWOULDBLOCK || $! == EINTR;
    return;
}

# "GET / HTTP/1.1" with Host and the fields given; fields of which the value is an array are sent several times.
sub request ($self, $method, $target, $fields = {}, $body = undef) {
    my %given = map { lc $_ => 1 } keys %$fields;
    my $head  = "$method $target HTTP/1.1\r\n";
    $head .= "Host: localhost\r\n" unless $given{host};
    for my $name (sort keys %$fields) {
        next unless defined $fields->{$name};
        $head .= "$name: $_\r\n" for ref $fields->{$name} ? $fields->{$name}->@* : $fields->{$name};
    }
    $head .= 'Content-Length: ' . length($body) . "\r\n" if defined $body && !$given{'content-length'} && !$given{'transfer-encoding'};
    $self->write("$head\r\n", $body // '');
    return $self;
}

# request() and read_response() in one.
sub ask ($self, @request) { $self->request(@request)->read_response }

# More bytes into the buffer. 1, or 0 at the end of the connection ("reset" is noted), or dies after the timeout.
sub fill ($self, $size = 65536) {
    return 0 if $self->{ended};
    my $end = time + patience($self->{timeout});
    while (1) {
        my $got = sysread $self->{socket}, $self->{in}, $size, length $self->{in};
        return 1 if $got;
        if (defined $got) { $self->{ended} = 'eof'; return 0 }
        if ($! != EAGAIN && $! != EWOULDBLOCK && $! != EINTR) { $self->{ended} = "reset: $!"; return 0 }
        my $left = $end - time;
        $left > 0 && IO::Select->new($self->{socket})->can_read($left) or $left > 0
            or die "no answer for $self->{timeout} s; so far: " . substr($self->{in}, 0, 300) . "\n";
    }
}

sub take ($self, $length) { substr $self->{in}, 0, $length, '' }

# Bytes up to and including $end, or undef when the connection ends before.
sub read_until ($self, $end) {
    my $at;
    while (($at = index $self->{in}, $end) < 0) { $self->fill or return }
    return $self->take($at + length $end);
}

# Exactly $length bytes; fewer when the connection ends.
sub read_bytes ($self, $length) {
    while (length $self->{in} < $length) { $self->fill or last }
    return $self->take(length $self->{in} < $length ? length $self->{in} : $length);
}

# All until the peer closes.
sub read_all ($self) {
    1 while $self->fill;
    return $self->take(length $self->{in});
}

# Only the head of the next answer; the body follows with read_body($response). undef when the connection has ended.
sub read_head ($self) {
    my $head = $self->read_until("\r\n\r\n");
    if (!defined $head) {
        die "the connection ended inside a head: $self->{in}\n" if length $self->{in};
        return;
    }
    return Response->parse_head($head);
}

# The next final answer with its body; 1xx before it are in ->interim (101 is final). undef when the connection has
# ended without one. method => 'HEAD' where it cannot be seen in what was written; discard => 1 keeps no body.
sub read_response ($self, %option) {
    my @interim;
    my $method = $option{method} // shift $self->{methods}->@* // 'GET';
    while (1) {
        my $response = $self->read_head // return;
        if ($response->status < 200 && $response->status != 101) { push @interim, $response; next }
        $response->{interim} = \@interim;
        return $self->read_body($response, %option, method => $method);
    }
}

sub read_body ($self, $response, %option) {
    my $method = $option{method} // 'GET';
    my $status = $response->status;
    return $response if $method eq 'HEAD' || $status < 200 || $status == 204 || $status == 304;
    return $response if $method eq 'CONNECT' && $status < 300;
    my $length = $response->header('content-length');
    if (lc($response->header('transfer-encoding') // '') =~ /chunked$/) {
        $self->read_chunks($response, %option);
    } elsif (defined $length) {
        $length =~ /^\d+$/ or die "Content-Length: $length";
        $self->move($response, $length, %option) or $response->{truncated} = 1;
    } else {
        1 while $self->move($response, 1 << 20, %option);
        $response->{truncated} = 1 if $self->{ended} ne 'eof';
    }
    return $response;
}

# Moves $length bytes from the connection to the body; false when it ends before.
sub move ($self, $response, $length, %option) {
    while ($length > 0) {
        $self->{in} ne '' or $self->fill(1 << 18) or return 0;
        my $piece = $self->take(length $self->{in} < $length ? length $self->{in} : $length);
        $length -= length $piece;
        $response->{body_length} += length $piece;
        $response->{body} .= $piece unless $option{discard};
    }
    return 1;
}

sub read_chunks ($self, $response, %option) {
    while (1) {
        my $line = $self->read_until("\r\n") // last;
        $line =~ /^([0-9a-fA-F]+)(;.*)?\r\n$/ or die "not a chunk size: $line";
        my $size = hex $1;
        if ($size == 0) {
            my @lines;
            while (defined(my $trailer = $self->read_until("\r\n"))) {
                if ($trailer eq "\r\n") { $response->{trailers} = Response::parse_fields(map { s/\r\n$//r } @lines); return }
                push @lines, $trailer;
            }
            last;
        }
        push $response->{chunks}->@*, $size;
        $self->move($response, $size, %option) or last;
        ($self->read_until("\r\n") // last) eq "\r\n" or die "a chunk longer than its size";
    }
    $response->{truncated} = 1;
}

# Whether the peer closes (or resets) within the timeout, without another byte.
sub closed ($self, $seconds = $self->{timeout}) {
    local $self->{timeout} = $seconds;
    return 0 if length $self->{in};
    return eval { $self->fill ? 0 : 1 } // 0;
}

# "eof" or "reset: why" after the connection has ended, else undef.
sub ended ($self) { $self->{ended} }

# Whether the connection is there and silent right now.
sub is_quiet ($self) {
    return 0 if length $self->{in} || $self->{ended};
    my $got = recv $self->{socket}, my $byte, 1, MSG_PEEK | MSG_DONTWAIT;
    return !defined $got && ($! == EAGAIN || $! == EWOULDBLOCK) ? 1 : 0;
}

sub shutdown_write ($self) { shutdown $self->{socket}, 1; $self }

# Ends with RST instead of FIN.
sub reset ($self) {
    $self->{socket}->setsockopt(SOL_SOCKET, SO_LINGER, pack('ii', 1, 0));
    $self->close;
}

sub close ($self) {
    close $self->{socket};
    $self->{ended} //= 'closed';
}

1;
