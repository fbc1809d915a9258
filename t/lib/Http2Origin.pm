# An origin that speaks HTTP/2 with prior knowledge, in a process of its own, like Origin (whose test side it has): many requests
# at once on a connection, flow control both ways, and whatever an origin should not do.
#
#   my $origin = Http2Origin->new(sub ($request) { [200, {'cache-control' => 'max-age=60'}, "hello"] });
#
# README.md in this folder has the manual.
package Http2Origin;

use v5.36;
use parent 'Origin';

sub process ($class) { 'Http2Origin::Process' }

# Streams that the proxy reset: [{connection, stream, code}, ...]
sub resets ($self) { grep { $_->{event} eq 'rst' } $self->events }

package Origin::Request;

use v5.36;

sub scheme    ($self) { $self->{scheme} }
sub authority ($self) { $self->{authority} }
sub stream    ($self) { $self->{stream} }

package Http2Origin::Process;

use v5.36;
use Http2;
use parent -norequire, 'Origin::Process';

my $pattern = join '', ('a' .. 'z') x 640;

sub new ($class, $callback, $listener, $control, $log, %option) {
    my $self = $class->SUPER::new($callback, $listener, $control, $log, %option);
    $self->{option} = \%option;
    return $self;
}

sub wants_read ($self, $connection) { !$connection->{eof} && length $connection->{out} < 1 << 20 }
sub wants_write ($self, $connection) { length $connection->{out} }
sub is_over ($self, $connection) { 1 }

sub greet ($self, $connection) {
    $connection->{greeted} = 1;
    $connection->{hpack}   = Http2::Hpack->new;
    $connection->{streams} = {};
    $connection->{window}  = 65535;
    $connection->{initial} = 65535;
    push $connection->{pieces}->@*, ($self->{option}{first} // [])->@*;
    push $connection->{pieces}->@*, [raw => Http2::settings(($self->{option}{settings} // [])->@*) . Http2::window_update(0, 1 << 30)];
}

# As far as it goes without waiting.
sub advance ($self, $connection) {
    $self->greet($connection) unless $connection->{greeted};
    my $went = 1;
    while ($went && !$connection->{dead}) {
        $went = $self->parse($connection);
        for my $queue ($connection, sort { $a->{id} <=> $b->{id} } values $connection->{streams}->%*) {
            while (my $piece = $queue->{pieces}[0]) {
                last if length $connection->{out} > 1 << 18 || !$self->step($connection, $queue, $piece);
                return if $connection->{dead};
                shift $queue->{pieces}->@*;
                $went = 1;
            }
        }
        $self->write_out($connection) or return;
    }
    $self->drop($connection, $connection->{eof}) if $connection->{eof} && !$connection->{dead};
}

sub write_out ($self, $connection) {
    return 1 unless length $connection->{out};
    my $written = syswrite $connection->{socket}, $connection->{out};
    if (defined $written) {
        substr $connection->{out}, 0, $written, '';
        return 1;
    }
    return 1 if $!{EAGAIN} || $!{EWOULDBLOCK} || $!{EINTR};
    $self->drop($connection, 'reset');
    return 0;
}

sub parse ($self, $connection) {
    my $went = 0;
    if (!$connection->{began}) {
        return 0 if length $connection->{in} < length $Http2::preface;
        $connection->{bad_preface} = 1 if substr($connection->{in}, 0, length $Http2::preface, '') ne $Http2::preface;
        $connection->{began} = 1;
    }
    while (my $frame = Http2::take_frame(\$connection->{in})) {
        $self->take($connection, $frame);
        $went = 1;
    }
    return $went;
}

sub take ($self, $connection, $frame) {
    my ($type, $id) = $frame->@{qw(type stream)};
    my $stream = $connection->{streams}{$id};
    my $end    = ($type == DATA || $type == HEADERS) && $frame->{flags} & END_STREAM;
    if ($type == SETTINGS) {
        return if $frame->{flags} & ACK;
        my %value = unpack '(nN)*', $frame->{payload};
        if (defined(my $initial = $value{+INITIAL_WINDOW_SIZE})) {
            $_->{window} += $initial - $connection->{initial} for values $connection->{streams}->%*;
            $connection->{initial} = $initial;
        }
        $self->note('settings', values => \%value, connection => $connection->{number});
        $connection->{out} .= Http2::settings_ack();
    } elsif ($type == PING) {
        $connection->{out} .= Http2::ping($frame->{payload}, ACK) unless $frame->{flags} & ACK;
    } elsif ($type == WINDOW_UPDATE) {
        ($id ? $stream // {} : $connection)->{window} += unpack 'N', $frame->{payload};
    } elsif ($type == RST_STREAM) {
        $self->note('rst', stream => $id, code => unpack('N', $frame->{payload}), connection => $connection->{number});
        delete $connection->{streams}{$id};
    } elsif ($type == GOAWAY) {
        my ($last, $code) = unpack 'NN', $frame->{payload};
        $self->note('goaway', last => $last, code => $code, connection => $connection->{number});
    } elsif ($type == HEADERS) {
        my @fields = $connection->{hpack}->decode($frame->{payload});
        if ($stream) { push $stream->{request}{trailers}->@*, @fields }
        else         { $stream = $self->begin($connection, $id, @fields) }
    } elsif ($type == DATA && $stream) {
        my $request = $stream->{request};
        $request->{body} .= $frame->{payload} if $self->{keep_body};
        $request->{body_length} += length $frame->{payload};
        if ($frame->{length} && ($self->{option}{gives_window} // 1)) {
            $connection->{out} .= Http2::window_update(0, $frame->{length}) . Http2::window_update($id, $frame->{length});
        }
        push $stream->{pieces}->@*, $stream->{on_data}->($frame->{payload}) if $stream->{on_data};
    }
    return unless $end && $stream;
    $self->note('request', request => $stream->{request}, connection => $connection->{number});
    $self->answer($connection, $stream) if $self->{at} eq 'end';
    push $stream->{pieces}->@*, $stream->{on_end}->() if $stream->{on_end};
}

sub begin ($self, $connection, $id, @fields) {
    my %pseudo = map { $_->[0] =~ /^:(.*)/ ? ($1 => $_->[1]) : () } @fields;
    my $request = bless {
        method => $pseudo{method}, target => $pseudo{path}, scheme => $pseudo{scheme}, authority => $pseudo{authority}, version => '2',
        fields => [grep { $_->[0] !~ /^:/ } @fields], body => '', body_length => 0, trailers => [], number => ++$self->{numbered},
        connection => $connection->{number}, on_connection => ++$connection->{requests}, peer => $connection->{peer}, stream => $id,
    }, 'Origin::Request';
    my $stream = $connection->{streams}{$id} = {id => $id, request => $request, pieces => [], window => $connection->{initial}};
    $self->note('head', request => $request, connection => $connection->{number});
    $self->answer($connection, $stream) if $self->{at} eq 'head';
    return $stream;
}

sub answer ($self, $connection, $stream) {
    my $answer = eval { $self->{callback}->($stream->{request}) };
    if (!defined $answer) {
        print STDERR "the origin's callback died: $@" if $@;
        $answer = [500, {}, "the callback gave no answer: $@"];
    }
    $answer = {status => $answer->[0], headers => $answer->[1], body => $answer->[2]} if ref $answer eq 'ARRAY';
    $stream->@{qw(on_data on_end)} = $answer->@{qw(on_data on_end)};
    push $stream->{pieces}->@*, $answer->{raw} ? $answer->{raw}->@* : pieces($stream->{request}, $answer);
}

sub fields ($headers) {
    map {
        my $name = $_;
        map { [lc $name, $_] } grep { defined } ref $headers->{$name} ? $headers->{$name}->@* : $headers->{$name}
    } sort keys %$headers;
}

sub pieces ($request, $answer) {
    my @interim = map { [head => [':status', $_->[0]], fields($_->[1])] } ($answer->{interim} // [])->@*;
    my @head    = ([':status', $answer->{status} // 200], fields($answer->{headers} // {}));
    my @body = grep { ref || length } ref $answer->{body} ? $answer->{body}->@* : $answer->{body} // '';
    @body = () if $request->method eq 'HEAD';
    my @pieces = (@interim, [head => @head], map { ref ? $_ : [data => $_] } @body);
    return (@pieces, [trailers => fields($answer->{trailers})]) if $answer->{trailers};
    return @pieces                                             if $answer->{open};
    return (@interim, [only => @head])                         if !@body;
    return (@pieces, ['end']);
}

# One piece of an answer; false while it has to wait.
sub step ($self, $connection, $queue, $piece) {
    my ($what, $value) = @$piece;
    my $id   = $queue->{id} // 0;
    my $head = sub ($flags) {
        Http2::frame(HEADERS, END_HEADERS | $flags, $id, $connection->{hpack}->encode($piece->@[1 .. $#$piece]));
    };
    if ($what eq 'head') {
        $connection->{out} .= $head->(0);
    } elsif ($what eq 'trailers' || $what eq 'only') {
        $connection->{out} .= $head->(END_STREAM);
    } elsif ($what eq 'end') {
        $connection->{out} .= Http2::frame(DATA, END_STREAM, $id);
    } elsif ($what eq 'data' || $what eq 'bytes') {    # as the windows allow; `bytes`: that many, a to z over and over
        while (1) {
            my $left = $what eq 'data' ? length $piece->[1] : $piece->[1];
            last unless $left > 0;
            my $take = $left;
            for my $most (16384, $connection->{window}, $queue->{window}) { $take = $most if $most < $take }
            return 0 if $take <= 0 || length $connection->{out} > 1 << 18;
            $connection->{out} .= Http2::frame(DATA, 0, $id, $what eq 'data' ? substr $piece->[1], 0, $take, '' : substr $pattern, ($piece->[2] // 0) % 26, $take);
            ($piece->[1] -= $take, $piece->[2] += $take) if $what eq 'bytes';
            $_->{window} -= $take for $connection, $queue;
        }
    } elsif ($what eq 'raw') {                         # these bytes, whatever they are
        $connection->{out} .= ref $value ? $value->($id) : $value;
    } elsif ($what eq 'rst') {
        $connection->{out} .= Http2::rst_stream($id, $value);
    } elsif ($what eq 'goaway') {
        $connection->{out} .= Http2::goaway($value, $piece->[2] // NO_ERROR);
    } elsif ($what eq 'wait') {
        if (!$piece->[2]++) { $self->note('held', name => $value, connection => $connection->{number}) }
        return 0 unless ($self->{gates}{$value} // 0) > 0;
        $self->{gates}{$value}--;
    } elsif ($what eq 'stall') {
        return 0;
    } elsif ($what eq 'close') {
        $self->write_out($connection);
        $self->drop($connection, 'close') unless $connection->{dead};
        return 0;
    } else {
        die "no such piece: $what";
    }
    return 1;
}

1;
