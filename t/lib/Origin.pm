# An HTTP/1.1 origin in a process of its own: one select loop, so that an answer may be held, dripped or stalled while
# others go on, and the callback keeps its variables from one request to the next.
#
#   my $origin = Origin->new(sub ($request) { [200, {'Cache-Control' => 'max-age=60'}, "hello"] });
#
# README.md in this folder has the manual.
package Origin;

use v5.36;
use IO::Socket::IP;
use IO::Socket::UNIX;
use Socket qw(SOL_SOCKET SO_LINGER SO_RCVBUF AF_UNIX SOCK_STREAM PF_UNSPEC);
use Errno qw(EAGAIN EWOULDBLOCK EINTR);
use POSIX ();
use Storable ();
use Time::HiRes ();
use File::Temp ();
use Wait qw(wait_until);

sub new ($class, $callback, %option) {
    my $self = bless {log => File::Temp->new(TEMPLATE => 'origin-XXXXXX', TMPDIR => 1), events => [], at => 0, owner => $$}, $class;
    my $listener;
    if ($option{unix}) {
        $listener = IO::Socket::UNIX->new(Local => $option{unix}, Listen => 1024) or die "listen $option{unix}: $!";
        chmod 0777, $option{unix};
        $self->{address} = "unix:$option{unix}";
    } else {
        my $host = $option{host} // '127.0.0.1';
        $listener = IO::Socket::IP->new(LocalHost => $host, LocalPort => $option{port} // 0, Listen => 1024, ReuseAddr => 1)
            or die "listen: $@";
        $self->{port}    = $listener->sockport;
        $self->{address} = $host =~ /:/ ? "[$host]:$self->{port}" : "$host:$self->{port}";
    }
    $listener->sockopt(SO_RCVBUF, $option{rcvbuf}) if $option{rcvbuf};
    socketpair(my $ours, my $theirs, AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die "socketpair: $!";
    $self->{control} = $ours;
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        close $ours;
        $SIG{$_} = 'DEFAULT' for qw(INT TERM CHLD ALRM);
        $SIG{PIPE} = 'IGNORE';
        my $done = eval { $class->process->new($callback, $listener, $theirs, $self->{log}->filename, %option)->run; 1 };
        print STDERR "the origin died: $@" unless $done;
        POSIX::_exit($done ? 0 : 1);
    }
    $self->{pid} = $pid;
    return $self;
}

sub process ($class) { 'Origin::Process' }    # what runs in the forked process
sub address ($self) { $self->{address} }    # host:port, as it goes into the configuration
sub port    ($self) { $self->{port} }
sub pid     ($self) { $self->{pid} }

# Lets the pieces [wait => NAME] go on, those that wait now and those to come; release_one lets exactly one pass.
sub release     ($self, $name) { $self->order("release $name") }
sub release_one ($self, $name) { $self->order("one $name") }
# From now on such pieces wait again.
sub hold ($self, $name) { $self->order("hold $name") }
# No new connections are accepted into the process (the kernel still completes handshakes) / the port is closed.
sub refuse ($self) { $self->order('refuse') }

sub order ($self, $line) {
    local $SIG{PIPE} = 'IGNORE';
    syswrite $self->{control}, "$line\n";
    sysread $self->{control}, my $answer, 1;
    return $self;
}

# What happened so far, oldest first: {event => connect|head|request|held|answered|closed, ...}
sub events ($self) {
    open my $file, '<:raw', $self->{log}->filename or die "origin log: $!";
    seek $file, $self->{at}, 0;
    local $/;
    my $bytes = <$file> // '';
    my $at = 0;
    while (length($bytes) - $at >= 4) {
        my $length = unpack 'N', substr $bytes, $at, 4;
        last if length($bytes) - $at - 4 < $length;
        push $self->{events}->@*, Storable::thaw(substr $bytes, $at + 4, $length);
        $at += 4 + $length;
    }
    $self->{at} += $at;
    return $self->{events}->@*;
}

sub count ($self, $event) { scalar grep { $_->{event} eq $event } $self->events }

# The requests that have been read to their end, in that order: Origin::Request objects.
sub requests ($self) { map { $_->{request} } grep { $_->{event} eq 'request' } $self->events }
sub request ($self, $index = -1) { ($self->requests)[$index] }
# The requests whose head has arrived, whole or not.
sub heads ($self) { map { $_->{request} } grep { $_->{event} eq 'head' } $self->events }
# Connections accepted so far, and those open now.
sub connections ($self) { $self->count('connect') }
sub open_connections ($self) { $self->count('connect') - $self->count('closed') }

sub wait_for_requests ($self, $count, $seconds = 10) { wait_until(sub { my $seen = $self->requests; $seen >= $count }, $seconds) }
sub wait_for_heads ($self, $count, $seconds = 10) { wait_until(sub { my $seen = $self->heads; $seen >= $count }, $seconds) }
# Until $count answers have come to a [wait => NAME].
sub wait_held ($self, $name, $count = 1, $seconds = 10) {
    wait_until(sub { $count <= grep { $_->{event} eq 'held' && $_->{name} eq $name } $self->events }, $seconds);
}
sub wait_closed ($self, $count = 1, $seconds = 10) { wait_until(sub { $self->count('closed') >= $count }, $seconds) }

sub stop ($self) {
    return unless $self->{pid} && $self->{owner} == $$;
    close $self->{control};
    local ($?, $!);
    wait_until(sub { waitpid($self->{pid}, POSIX::WNOHANG()) != 0 }, 2) or do { kill KILL => $self->{pid}; waitpid $self->{pid}, 0 };
    delete $self->{pid};
}

sub DESTROY ($self) { $self->stop }

# A request as the origin saw it.
package Origin::Request;

use v5.36;

sub method        ($self) { $self->{method} }
sub target        ($self) { $self->{target} }
sub version       ($self) { $self->{version} }
sub head          ($self) { $self->{head} }           # request line and fields, the bytes as received
sub fields        ($self) { $self->{fields} }         # [[Name, value], ...]
sub body          ($self) { $self->{body} }
sub body_length   ($self) { $self->{body_length} }
sub trailers      ($self) { $self->{trailers} }
sub number        ($self) { $self->{number} }         # 1 for the first request of this origin
sub connection    ($self) { $self->{connection} }     # 1 for the first connection of this origin
sub on_connection ($self) { $self->{on_connection} }  # 1 for the first request of its connection
sub peer          ($self) { $self->{peer} }           # address of the connection's other side, without port
sub path          ($self) { $self->{target} =~ s/\?.*//sr }
sub headers ($self, $name) { map { $_->[1] } grep { lc $_->[0] eq lc $name } $self->{fields}->@* }

sub header ($self, $name) {
    my @values = $self->headers($name);
    return @values ? join(', ', @values) : undef;
}

# The loop in the forked process.
package Origin::Process;

use v5.36;
use Socket qw(SOL_SOCKET SO_LINGER IPPROTO_TCP TCP_NODELAY AF_UNIX);
use Errno qw(EAGAIN EWOULDBLOCK EINTR);
use POSIX ();

my $pattern = join '', map { chr(ord('a') + $_ % 26) } 0 .. 65535;

sub new ($class, $callback, $listener, $control, $log, %option) {
    open my $file, '>>:raw', $log or die "origin log: $!";
    $file->autoflush(1);
    $_->blocking(0) for $listener, $control;
    return bless {
        callback => $callback, listener => $listener, control => $control, log => $file, at => $option{at} // 'end',
        keep_body => $option{keep_body} // 1, connections => {}, accepted => 0, numbered => 0, gates => {}, orders => '',
    }, $class;
}

sub note ($self, $event, %part) {
    my $record = Storable::freeze({event => $event, time => Time::HiRes::time(), %part});
    syswrite $self->{log}, pack('N', length $record) . $record;
}

sub run ($self) {
    while (1) {
        my ($read, $write) = ('', '');
        vec($read, fileno $self->{control}, 1) = 1;
        vec($read, fileno $self->{listener}, 1) = 1 if $self->{listener};
        for my $connection (values $self->{connections}->%*) {
            vec($read,  $connection->{fd}, 1) = 1 if $self->wants_read($connection);
            vec($write, $connection->{fd}, 1) = 1 if $self->wants_write($connection);
        }
        select($read, $write, undef, undef) >= 0 or next;
        return if vec($read, fileno $self->{control}, 1) && !$self->obey;
        $self->accept_all if $self->{listener} && vec($read, fileno $self->{listener}, 1);
        for my $connection (values $self->{connections}->%*) {
            $self->read_from($connection) if vec($read, $connection->{fd}, 1);
            $self->advance($connection) if !$connection->{dead};
        }
    }
}

# Orders of the test, each acknowledged by one byte.
sub obey ($self) {
    my $got = sysread $self->{control}, $self->{orders}, 4096, length $self->{orders};
    return 0 if !$got && !($! == EINTR || $! == EAGAIN);
    while ($self->{orders} =~ s/^(\w+) ?(.*)\n//) {
        my ($order, $name) = ($1, $2);
        $self->{gates}{$name} = 1e9 if $order eq 'release';
        $self->{gates}{$name}++     if $order eq 'one';
        $self->{gates}{$name} = 0   if $order eq 'hold';
        close delete $self->{listener} if $order eq 'refuse' && $self->{listener};
        $self->advance($_) for sort { $a->{number} <=> $b->{number} } values $self->{connections}->%*;
        syswrite $self->{control}, '.';
    }
    return 1;
}

sub accept_all ($self) {
    while (my $socket = $self->{listener}->accept) {
        # Head and body are written apart: without this the body waits for the client's delayed ACK, 40 ms a request.
        $socket->setsockopt(IPPROTO_TCP, TCP_NODELAY, 1) unless $socket->sockdomain == AF_UNIX;
        $socket->blocking(0);
        binmode $socket;
        my $number     = ++$self->{accepted};
        my $connection = {
            socket => $socket, fd => fileno $socket, number => $number, in => '', out => '', pieces => [], requests => 0,
            peer => $socket->can('peerhost') ? $socket->peerhost : 'unix:',
        };
        $self->{connections}{$number} = $connection;
        $self->note('connect', connection => $number);
        $self->start_answer($connection, Origin::Request->new_bare($connection)) if $self->{at} eq 'accept';
        $self->advance($connection);
    }
}

sub Origin::Request::new_bare ($class, $connection) {
    bless {fields => [], connection => $connection->{number}, on_connection => 0, number => 0, peer => $connection->{peer}}, $class;
}

# While an answer is under way more is read only where the answer asks for it, but the end of the connection is seen.
sub wants_read ($self, $connection) {
    return 0 if $connection->{eof};
    return $connection->{reading} || $connection->{tunnel} if $connection->{answering} && $self->{at} ne 'end';
    return length $connection->{in} < 1 << 20;
}

sub wants_write ($self, $connection) {
    return length $connection->{out} || ($connection->{pieces}->@* && $connection->{pieces}[0][0] eq 'bytes');
}

sub read_from ($self, $connection) {
    my $got = sysread $connection->{socket}, $connection->{in}, 1 << 18, length $connection->{in};
    return if $got;
    return if !defined $got && ($! == EAGAIN || $! == EWOULDBLOCK || $! == EINTR);
    $connection->{eof} = defined $got ? 'eof' : 'reset';
}

# As far as it goes without waiting: parse, call, write.
sub advance ($self, $connection) {
    while (!$connection->{dead}) {
        my $before = join ',', length $connection->{in}, scalar $connection->{pieces}->@*, $connection->{answering} // '', $connection->{requests};
        $self->parse($connection);
        $self->write_to($connection);
        return $self->drop($connection, $connection->{eof}) if $connection->{eof} && $self->is_over($connection);
        last if $connection->{dead};
        my $after = join ',', length $connection->{in}, scalar $connection->{pieces}->@*, $connection->{answering} // '', $connection->{requests};
        last if $before eq $after;
    }
}

sub is_over ($self, $connection) {
    return 1 if $connection->{eof} eq 'reset';
    return !length $connection->{out} && !$connection->{answering};
}

sub parse ($self, $connection) {
    if ($connection->{tunnel}) {
        return unless length $connection->{in};
        my $answer = $connection->{tunnel}->(substr $connection->{in}, 0, length $connection->{in}, '');
        push $connection->{pieces}->@*, [text => $answer] if defined $answer;
        return;
    }
    $self->parse_body($connection) if $connection->{request} && $connection->{body_state};
    return if $connection->{answering} || $connection->{request};
    my $end = index $connection->{in}, "\r\n\r\n";
    return if $end < 0;
    my $head = substr $connection->{in}, 0, $end + 4, '';
    my ($line, @lines) = split /\r\n/, $head;
    my ($method, $target, $version) = split / /, $line // '', 3;
    my @fields = map { /^([^:]*):[ \t]*(.*?)[ \t]*$/s ? [$1, $2] : [$_, ''] } grep { length } @lines;
    my $request = bless {
        method => $method, target => $target // '', version => ($version // '') =~ s{^HTTP/}{}r, head => $head, fields => \@fields, body => '',
        body_length => 0, trailers => [], number => ++$self->{numbered}, connection => $connection->{number},
        on_connection => ++$connection->{requests}, peer => $connection->{peer},
    }, 'Origin::Request';
    $connection->{request} = $request;
    $self->note('head', request => $request, connection => $connection->{number});
    my $length = $request->header('content-length');
    $connection->{body_state} =
          lc($request->header('transfer-encoding') // '') =~ /chunked$/ ? {chunked => 1, need => 0}
        : $length                                                      ? {need => $length}
        :                                                                {need => 0, done => 1};
    $self->start_answer($connection, $request) if $self->{at} eq 'head';
    $self->parse_body($connection) if $self->{at} eq 'end' || $connection->{body_state}{done};
}

# Takes what has arrived of the body; [read => N] limits it.
sub parse_body ($self, $connection) {
    my ($state, $request) = $connection->@{qw(body_state request)};
    while (!$state->{done}) {
        return if $self->{at} ne 'end' && !$connection->{reading};
        if ($state->{need} > 0) {
            my $take = length $connection->{in};
            $take = $state->{need} if $take > $state->{need};
            $take = $connection->{reading} if $self->{at} ne 'end' && $take > $connection->{reading};
            return unless $take;
            my $piece = substr $connection->{in}, 0, $take, '';
            $request->{body} .= $piece if $self->{keep_body};
            $request->{body_length} += $take;
            $state->{need}          -= $take;
            $connection->{reading} -= $take if $self->{at} ne 'end';
            $state->{crlf} = 1 if $state->{chunked} && !$state->{need};
        } elsif (!$state->{chunked}) {
            $state->{done} = 1;
        } elsif ($state->{crlf}) {
            return if length $connection->{in} < 2;
            substr $connection->{in}, 0, 2, '';
            $state->{crlf} = 0;
        } elsif ($state->{last}) {
            $connection->{in} =~ s/^(.*?)\r\n//s or return;
            if ($1 eq '') { $state->{done} = 1 }
            else          { push $request->{trailers}->@*, [$1 =~ /^([^:]*):[ \t]*(.*)$/] }
        } else {
            $connection->{in} =~ s/^([0-9a-fA-F]+)[^\r\n]*\r\n// or return;
            $state->{need} = hex $1;
            push $request->{chunks}->@*, $state->{need};
            $state->{last} = 1 unless $state->{need};
        }
        $state->{done} = 1 if !$state->{chunked} && !$state->{need};
    }
    delete $connection->{body_state};
    $self->note('request', request => $request, connection => $connection->{number});
    if   ($self->{at} eq 'end') { $self->start_answer($connection, $request) }
    else                        { delete $connection->{request} unless $connection->{answering} }
}

sub start_answer ($self, $connection, $request) {
    my $answer = eval { $self->{callback}->($request) };
    if (!defined $answer) {
        print STDERR "the origin's callback died: $@" if $@;
        $answer = [500, {}, "the callback gave no answer: $@"];
    }
    $answer = {status => $answer->[0], headers => $answer->[1], body => $answer->[2]} if ref $answer eq 'ARRAY';
    $connection->{answering} = 1;
    $connection->{tunnel_next} = $answer->{tunnel};
    push $connection->{pieces}->@*, $self->pieces($request, $answer), ['end'];
}

sub pieces ($self, $request, $answer) {
    my @close = $answer->{close} ? ['close'] : ();
    return ((map { as_piece($_) } $answer->{raw}->@*), @close) if $answer->{raw};

    my $status  = $answer->{status} // 200;
    my %headers = ($answer->{headers} // {})->%*;
    my %given   = map { lc $_ => 1 } keys %headers;
    my @body    = ref $answer->{body} ? map { as_piece($_) } $answer->{body}->@* : [text => $answer->{body} // ''];
    my $silent  = ($request->method // '') eq 'HEAD' || $status == 204 || $status == 304 || $status < 200;
    $headers{Date} = POSIX::strftime('%a, %d %b %Y %H:%M:%S GMT', gmtime) unless $given{date};
    my $chunked = $answer->{chunked} || $answer->{trailers};
    if (!$given{'content-length'} && !$given{'transfer-encoding'} && $status >= 200 && $status != 204 && $status != 304) {
        my $is_text = !grep { $_->[0] !~ /^(text|bytes|wait)$/ } @body;
        if (!$chunked && !$answer->{until_close} && (!ref $answer->{body} || $is_text)) {
            my $length = 0;
            $length += $_->[0] eq 'text' ? length $_->[1] : $_->[0] eq 'bytes' ? $_->[1] : 0 for @body;
            $headers{'Content-Length'} = $length;
        } elsif (!$answer->{until_close}) {
            $chunked = 1;
            $headers{'Transfer-Encoding'} = 'chunked';
        }
    }
    if ($answer->{until_close}) { $headers{Connection} //= 'close'; @close = ['close'] }
    my @interim = map { [text => head($_->@*)] } ($answer->{interim} // [])->@*;
    my @pieces = (@interim, (map { as_piece($_) } ($answer->{before} // [])->@*), [text => head($status, \%headers)]);
    return (@pieces, @close) if $silent;
    if ($chunked) {
        @body = map { $_->[0] eq 'text' ? length $_->[1] ? [text => sprintf("%x\r\n%s\r\n", length $_->[1], $_->[1])] : () : $_->[0] eq 'bytes' ? [@$_[0, 1], 'chunked'] : $_ } @body;
        my $trailers = join '', map { "$_: $answer->{trailers}{$_}\r\n" } sort keys(($answer->{trailers} // {})->%*);
        push @body, [text => "0\r\n$trailers\r\n"];
    }
    return (@pieces, @body, @close);
}

sub as_piece ($piece) { ref $piece ? $piece : [text => $piece] }

my %reasons = (100 => 'Continue', 101 => 'Switching Protocols', 103 => 'Early Hints', 200 => 'OK', 204 => 'No Content', 206 => 'Partial Content',
    301 => 'Moved Permanently', 302 => 'Found', 304 => 'Not Modified', 404 => 'Not Found', 500 => 'Internal Server Error', 503 => 'Service Unavailable');

sub head ($status, $headers) {
    my $head = "HTTP/1.1 $status " . ($reasons{$status} // 'Some Reason') . "\r\n";
    for my $name (sort keys %$headers) {
        next unless defined $headers->{$name};
        $head .= "$name: $_\r\n" for ref $headers->{$name} ? $headers->{$name}->@* : $headers->{$name};
    }
    return "$head\r\n";
}

sub write_to ($self, $connection) {
    while (1) {
        if (length $connection->{out}) {
            my $written = syswrite $connection->{socket}, $connection->{out};
            if (!defined $written) {
                return if $! == EAGAIN || $! == EWOULDBLOCK || $! == EINTR;
                return $self->drop($connection, 'reset');
            }
            substr $connection->{out}, 0, $written, '';
            return if length $connection->{out};
        }
        my $piece = $connection->{pieces}[0] // return;
        $self->step($connection, $piece) or return;
        return if $connection->{dead};
    }
}

# One piece of an answer; false while it has to wait.
sub step ($self, $connection, $piece) {
    my ($what, $value) = @$piece;
    if ($what eq 'text') {
        $connection->{out} .= $value;
    } elsif ($what eq 'bytes') {    # that many bytes of a fixed pattern
        my $take = $value < length $pattern ? $value : length $pattern;
        $connection->{out} .= $piece->[2] ? sprintf("%x\r\n%s\r\n", $take, substr $pattern, 0, $take) : substr $pattern, 0, $take if $take;
        $piece->[1] -= $take;
        return 1 if $piece->[1] > 0;
    } elsif ($what eq 'wait') {
        if (!$piece->[2]++) { $self->note('held', name => $value, connection => $connection->{number}) }
        return 0 unless ($self->{gates}{$value} // 0) > 0;
        $self->{gates}{$value}--;
    } elsif ($what eq 'read') {     # (at => 'head') reads N more bytes of the request's body, or all of it
        if (!$piece->[2]++) { $connection->{reading} = $value // 1e18 }
        return 0 if $connection->{body_state} && $connection->{reading} > 0 && !$connection->{eof};
        $connection->{reading} = 0;
    } elsif ($what eq 'stall') {
        return 0;
    } elsif ($what eq 'shutdown') {
        shutdown $connection->{socket}, 1;
    } elsif ($what eq 'close') {
        $self->drop($connection, 'close');
        return 0;
    } elsif ($what eq 'reset') {
        setsockopt $connection->{socket}, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0);
        $self->drop($connection, 'reset by the origin');
        return 0;
    } elsif ($what eq 'end') {
        if ($connection->{body_state} && !$connection->{eof}) {    # answered early: the rest is read and thrown away
            $connection->{reading} = 1e18;
            return 0;
        }
        $self->note('answered', connection => $connection->{number});
        delete $connection->@{qw(answering request reading)};
        $connection->{tunnel} = delete $connection->{tunnel_next};
    } else {
        die "no such piece: $what";
    }
    shift $connection->{pieces}->@*;
    return 1;
}

sub drop ($self, $connection, $why) {
    return if $connection->{dead}++;
    close $connection->{socket};
    delete $self->{connections}{$connection->{number}};
    $self->note('closed', connection => $connection->{number}, why => $why);
}

1;
