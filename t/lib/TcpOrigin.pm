# A listening socket of the test itself, for protocols that are none: accept() gives a Client, which writes and reads bytes.
# Nothing runs beside the test, so a connection waits in the queue until the test takes it.
package TcpOrigin;

use v5.36;
use IO::Select;
use IO::Socket::IP;
use IO::Socket::UNIX;
use Client;
use Wait qw(patience);

# TcpOrigin->new(host => '::1', unix => '/path')
sub new ($class, %option) {
    my $socket =
        $option{unix}
        ? IO::Socket::UNIX->new(Local => $option{unix}, Listen => 64)
        : IO::Socket::IP->new(LocalHost => $option{host} // '127.0.0.1', LocalPort => 0, Listen => 64);
    $socket or die "listen: $! $@";
    chmod 0777, $option{unix} if $option{unix};
    return bless {socket => $socket, unix => $option{unix}}, $class;
}

sub port ($self) { $self->{socket}->sockport }

# "127.0.0.1:4000", "[::1]:4000", "unix:/path"
sub address ($self) {
    return "unix:$self->{unix}" if $self->{unix};
    my $host = $self->{socket}->sockhost;
    return ($host =~ /:/ ? "[$host]" : $host) . ':' . $self->port;
}

# The next connection, or undef when none comes.
sub accept ($self, $seconds = 10) {
    IO::Select->new($self->{socket})->can_read(patience($seconds)) or return;
    my $socket = $self->{socket}->accept or die "accept: $!";
    $socket->blocking(0);
    binmode $socket;
    return bless {socket => $socket, in => '', methods => [], timeout => 10}, 'Client';
}

# Whether nobody waits to be accepted.
sub is_quiet ($self) { !IO::Select->new($self->{socket})->can_read(0) }

1;
