# Sockets of another process, taken by pidfd_getfd (Linux 5.6) so that their options can be looked at.
#   Descriptor->socket($pid, local => $port, peer => $port)   the connection with these ports; a handle, or undef
#   Descriptor->socket($pid, from => $address)                the connection whose end here has this IPv4 address
#   Descriptor->socket($pid, listening => $port)
#   Descriptor->may($pid)                                      whether the kernel lets us
package Descriptor;

use v5.36;
use Socket;

sub may ($class, $pid) { defined copy($pid, 0) }

sub copy ($pid, $number) {
    my $process = syscall 434, $pid + 0, 0;    # pidfd_open
    return if $process < 0;
    my $copy = syscall 438, $process + 0, $number + 0, 0;    # pidfd_getfd
    syscall 3, $process + 0 if (POSIX::uname())[4] eq 'x86_64';
    return if $copy < 0;
    open my $handle, '+<&=', $copy or return;
    return $handle;
}

sub socket ($class, $pid, %want) {
    for my $path (glob "/proc/$pid/fd/*") {
        (readlink($path) // '') =~ /^socket:/ or next;
        my $handle = copy($pid, $path =~ s{.*/}{}r) or return;
        my ($local, $peer) = map { port($_) } getsockname $handle, getpeername $handle;
        return $handle if $want{listening} && $local == $want{listening} && !$peer;
        next if $want{listening} || !$peer;
        next if $want{from} && address(getsockname $handle) ne $want{from};
        return $handle if ($want{local} // $local) == $local && ($want{peer} // $peer) == $peer;
    }
    return;
}

sub port ($name) {
    return 0 unless length($name // '');
    my $family = sockaddr_family $name;
    return $family == AF_INET ? (sockaddr_in $name)[0] : $family == AF_INET6 ? (sockaddr_in6 $name)[0] : 0;
}

sub address ($name) { sockaddr_family($name) == AF_INET ? inet_ntoa((sockaddr_in $name)[1]) : '' }

# The value of an option that is a number.
sub option ($class, $handle, $level, $name) { unpack 'i', getsockopt($handle, $level, $name) // return }

1;
