# A client that speaks HTTP/2 frame by frame on a Client's connection: sends what it is told, also what no honest client
# sends, and reads answers as frames bring them. It gives windows back by itself unless told otherwise.
#
#   my $c  = Http2Client->new($pc->connect, settings => [INITIAL_WINDOW_SIZE, 0], window => 1 << 20);
#   my $id = $c->request(GET => '/', {accept => '*/*'});
#   my $response = $c->response_of($id);    # a Response; undef when the stream or the connection ended without one
package Http2Client;

use v5.36;
use Http2;
use Response;

# settings: pairs for the first SETTINGS; window: the connection's is made so much larger; gives => 0: no window is given
# back; scheme, authority: what requests say.
sub new ($class, $client, %option) {
    my $self = bless {
        client => $client, hpack => Http2::Hpack->new, streams => {}, next => 1, frames => [], window => 65535, initial => 65535,
        gives => 1, scheme => 'http', authority => 'localhost', settings => [], %option,
    }, $class;
    my $grow = $option{window} ? Http2::window_update(0, $option{window}) : '';
    $self->{window} = 65535;
    $client->write($Http2::preface, Http2::settings($self->{settings}->@*), $grow);
    return $self;
}

sub client  ($self) { $self->{client} }
sub write   ($self, @bytes) { $self->{client}->write(@bytes) }
sub goaways ($self) { grep { $_->{type} == GOAWAY } $self->{frames}->@* }
sub frames  ($self) { $self->{frames}->@* }    # all that came, but DATA
sub stream  ($self, $id) { $self->{streams}{$id} }

sub head ($self, $method, $path, $fields = {}) {
    return (
        [':method', $method], [':scheme', $self->{scheme}], [':authority', $self->{authority}], [':path', $path],
        map { my $name = $_; map { [lc $name, $_] } ref $fields->{$name} ? $fields->{$name}->@* : $fields->{$name} } sort keys %$fields
    );
}

# A head of these fields, in this order, on a new stream; its number.
sub open ($self, $flags, @fields) {
    my $id = $self->{next};
    $self->{next} += 2;
    $self->{streams}{$id} = {id => $id, fields => [], body => '', length => 0, window => $self->{initial}, interim => [], trailers => []};
    $self->write(Http2::frame(HEADERS, END_HEADERS | $flags, $id, $self->{hpack}->encode(@fields)));
    return $id;
}

# The whole request; a body goes out as the windows allow.
sub request ($self, $method, $path, $fields = {}, $body = undef) {
    my $id = $self->open(defined $body ? 0 : END_STREAM, $self->head($method, $path, $fields));
    $self->data($id, $body, END_STREAM) if defined $body;
    return $id;
}

# DATA as the windows allow, reading meanwhile. False when the stream is over before all went out.
sub data ($self, $id, $bytes, $flags = 0) {
    my $stream = $self->{streams}{$id};
    while (1) {
        my $size = length $bytes;
        for my $most (16384, $self->{window}, $stream->{window}) { $size = $most if $most < $size }
        return 0 if defined $stream->{reset};
        if ($size <= 0 && length $bytes) { $self->step or return 0; next }
        my $last = $size == length $bytes;
        $self->write(Http2::frame(DATA, $last ? $flags : 0, $id, substr $bytes, 0, $size, '')) or return 0;
        $_->{window} -= $size for $self, $stream;
        return 1 if $last;
    }
}

sub trailers ($self, $id, @fields) { $self->write(Http2::frame(HEADERS, END_HEADERS | END_STREAM, $id, $self->{hpack}->encode(@fields))) }
sub reset ($self, $id, $code = CANCEL) { $self->write(Http2::rst_stream($id, $code)) }

# Takes the next frame; undef at the end of the connection.
sub step ($self) {
    my $client = $self->{client};
    my $frame;
    until ($frame = Http2::take_frame(\$client->{in})) { $client->fill or return }
    $self->take($frame);
    return $frame;
}

# Until the condition holds; false when the connection ends before.
sub until ($self, $condition) {
    until ($condition->($self)) { $self->step or return 0 }
    return 1;
}

# Whether all that was sent until now was read by the other side, and what it answers at once is here.
sub sync ($self) {
    my $mark = sprintf 'mark%04d', ++$self->{marks};
    $self->write(Http2::ping($mark));
    return $self->until(sub { ($self->{last_pong} // '') eq $mark });
}

sub take ($self, $frame) {
    my ($type, $id, $flags) = $frame->@{qw(type stream flags)};
    my $stream = $self->{streams}{$id};
    push $self->{frames}->@*, $frame if $type != DATA;
    if ($type == SETTINGS && !($flags & ACK)) {
        my %value = unpack '(nN)*', $frame->{payload};
        $self->{peer} = {($self->{peer} // {})->%*, %value};
        if (defined(my $initial = $value{+INITIAL_WINDOW_SIZE})) {
            $_->{window} += $initial - $self->{initial} for values $self->{streams}->%*;
            $self->{initial} = $initial;
        }
        $self->write(Http2::settings_ack());
    } elsif ($type == PING) {
        if   ($flags & ACK) { $self->{last_pong} = $frame->{payload} }
        else                { $self->write(Http2::ping($frame->{payload}, ACK)) unless $self->{deaf} }
    } elsif ($type == WINDOW_UPDATE) {
        ($id ? $stream // {} : $self)->{window} += unpack 'N', $frame->{payload};
    } elsif ($type == RST_STREAM) {
        $stream->{reset} = unpack 'N', $frame->{payload} if $stream;
    } elsif ($type == HEADERS && $stream) {
        my @fields = $self->{hpack}->decode($frame->{payload});
        if    ($stream->{status})              { $stream->{trailers} = \@fields }
        elsif ($fields[0][1] =~ /^1/)          { push $stream->{interim}->@*, response(fields => \@fields) }
        else                                   { $stream->{status} = $fields[0][1]; $stream->{fields} = \@fields }
    } elsif ($type == DATA) {
        if ($stream) {
            $stream->{length} += length $frame->{payload};
            $stream->{body} .= $frame->{payload} unless $self->{discard};
            push $stream->{pieces}->@*, length $frame->{payload};
        }
        push $self->{order}->@*, $id;
        if ($self->{gives} && $frame->{length}) {
            $self->write(Http2::window_update(0, $frame->{length}), Http2::window_update($id, $frame->{length}));
        }
    }
    if ($stream && ($type == DATA || $type == HEADERS) && $flags & END_STREAM) {
        $stream->{ended} = 1;
        push $self->{finished}->@*, $id;
    }
}

sub response (%part) {
    my @fields = grep { $_->[0] !~ /^:/ } $part{fields}->@*;
    return Response->new(%part, version => '2', status => $part{fields}[0][1], fields => \@fields);
}

# The answer when it is whole. undef when the stream was reset before ({reset} of stream($id) is the code) or the connection ended.
sub response_of ($self, $id) {
    my $stream = $self->{streams}{$id};
    $self->until(sub { $stream->{ended} || defined $stream->{reset} });
    return unless $stream->{status} && $stream->{ended};
    return response($stream->%{qw(fields body trailers interim)}, body_length => $stream->{length});
}

sub ask ($self, @request) { $self->response_of($self->request(@request)) }

# The code the stream was reset with; undef when it was not.
sub reset_code ($self, $id) {
    my $stream = $self->{streams}{$id};
    $self->until(sub { $stream->{ended} || defined $stream->{reset} });
    return $stream->{reset};
}

# The code of the GOAWAY with which the connection ends; undef when it ends without one.
sub goaway_code ($self) {
    my @codes;
    do { @codes = map { (unpack 'NN', $_->{payload})[1] } $self->goaways } until (grep { $_ } @codes) || !$self->step;
    return $codes[-1];
}

1;
