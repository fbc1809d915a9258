# HTTP/2 by hand, for clients and origins of the tests: frames (RFC 9113 §4, §6) and HPACK (RFC 7541). Everything may be
# said, also what no honest peer says: this package checks nothing.
#
#   my $bytes = Http2::frame(HEADERS, END_HEADERS | END_STREAM, 1, Http2::Hpack->new->encode([':status', 200]));
#   while (my $frame = Http2::take_frame(\$in)) { $frame->{type}, {flags}, {stream}, {payload} }
package Http2;

use v5.36;
use Exporter qw(import);

use constant {
    DATA => 0, HEADERS => 1, PRIORITY => 2, RST_STREAM => 3, SETTINGS => 4, PUSH_PROMISE => 5, PING => 6, GOAWAY => 7, WINDOW_UPDATE => 8,
    CONTINUATION => 9,
};
use constant {END_STREAM => 1, ACK => 1, END_HEADERS => 4, PADDED => 8, HAS_PRIORITY => 32};
use constant {
    HEADER_TABLE_SIZE => 1, ENABLE_PUSH => 2, MAX_CONCURRENT_STREAMS => 3, INITIAL_WINDOW_SIZE => 4, MAX_FRAME_SIZE => 5,
    MAX_HEADER_LIST_SIZE => 6, ENABLE_CONNECT_PROTOCOL => 8,
};
use constant {
    NO_ERROR => 0, PROTOCOL_ERROR => 1, INTERNAL_ERROR => 2, FLOW_CONTROL_ERROR => 3, SETTINGS_TIMEOUT => 4, STREAM_CLOSED => 5,
    FRAME_SIZE_ERROR => 6, REFUSED_STREAM => 7, CANCEL => 8, COMPRESSION_ERROR => 9, CONNECT_ERROR => 10, ENHANCE_YOUR_CALM => 11,
    INADEQUATE_SECURITY => 12, HTTP_1_1_REQUIRED => 13,
};

our @EXPORT = qw(
    DATA HEADERS PRIORITY RST_STREAM SETTINGS PUSH_PROMISE PING GOAWAY WINDOW_UPDATE CONTINUATION
    END_STREAM ACK END_HEADERS PADDED HAS_PRIORITY
    HEADER_TABLE_SIZE ENABLE_PUSH MAX_CONCURRENT_STREAMS INITIAL_WINDOW_SIZE MAX_FRAME_SIZE MAX_HEADER_LIST_SIZE ENABLE_CONNECT_PROTOCOL
    NO_ERROR PROTOCOL_ERROR INTERNAL_ERROR FLOW_CONTROL_ERROR SETTINGS_TIMEOUT STREAM_CLOSED FRAME_SIZE_ERROR REFUSED_STREAM CANCEL
    COMPRESSION_ERROR CONNECT_ERROR ENHANCE_YOUR_CALM INADEQUATE_SECURITY HTTP_1_1_REQUIRED
);

our $preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

sub frame ($type, $flags, $stream, $payload = '') {
    my $length = length $payload;
    return pack('CnCCN', $length >> 16, $length & 0xffff, $type, $flags, $stream) . $payload;
}

# settings(INITIAL_WINDOW_SIZE, 0, ...)
sub settings (@pairs) {
    my $payload = '';
    while (my ($name, $value) = splice @pairs, 0, 2) { $payload .= pack 'nN', $name, $value }
    return frame(SETTINGS, 0, 0, $payload);
}
sub settings_ack () { frame(SETTINGS, ACK, 0) }
sub window_update ($stream, $size) { frame(WINDOW_UPDATE, 0, $stream, pack 'N', $size) }
sub rst_stream ($stream, $code) { frame(RST_STREAM, 0, $stream, pack 'N', $code) }
sub goaway ($last, $code, $text = '') { frame(GOAWAY, 0, 0, pack('NN', $last, $code) . $text) }
sub ping ($opaque, $flags = 0) { frame(PING, $flags, 0, pack 'a8', $opaque) }

# The next whole frame, taken from the front of $$bytes; undef when there is none. Padding and the priority in HEADERS are
# taken off.
sub take_frame ($bytes) {
    return if length $$bytes < 9;
    my ($high, $low, $type, $flags, $stream) = unpack 'CnCCN', $$bytes;
    my $length = $high << 16 | $low;
    return if length $$bytes < 9 + $length;
    my $payload = substr $$bytes, 0, 9 + $length, '';
    substr $payload, 0, 9, '';
    if (($type == DATA || $type == HEADERS) && $flags & PADDED) {
        my $padding = ord substr $payload, 0, 1, '';
        substr $payload, -$padding, $padding, '' if $padding;
    }
    substr $payload, 0, 5, '' if $type == HEADERS && $flags & HAS_PRIORITY;
    return {type => $type, flags => $flags, stream => $stream & 0x7fffffff, payload => $payload, length => $length};
}

# One direction of a connection: the dynamic table of what it decodes. Encodes without any table but the static one.
package Http2::Hpack;

use v5.36;

# RFC 7541 Appendix A
my @static = (
    [':authority', ''], [':method', 'GET'], [':method', 'POST'], [':path', '/'], [':path', '/index.html'], [':scheme', 'http'],
    [':scheme', 'https'], (map { [':status', $_] } 200, 204, 206, 304, 400, 404, 500), ['accept-charset', ''],
    ['accept-encoding', 'gzip, deflate'],
    map { [$_, ''] } qw(
        accept-language accept-ranges accept access-control-allow-origin age allow authorization cache-control content-disposition
        content-encoding content-language content-length content-location content-range content-type cookie date etag expect expires
        from host if-match if-modified-since if-none-match if-range if-unmodified-since last-modified link location max-forwards
        proxy-authenticate proxy-authorization range referer refresh retry-after server set-cookie strict-transport-security
        transfer-encoding user-agent vary via www-authenticate)
);

# RFC 7541 Appendix B is a canonical code: the lengths of the codes for each byte say all.
my @lengths = qw(
    13 23 28 28 28 28 28 28 28 24 30 28 28 30 28 28 28 28 28 28 28 28 30 28 28 28 28 28 28 28 28 28 6 10 10 12 13 6 8 11 10 10 8 11 8 6
    6 6 5 5 5 6 6 6 6 6 6 6 7 8 15 6 12 10 13 6 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 8 7 8 13 19 13 14 6 15 5 6 5 6 5 6 6 6 5 7
    7 6 6 6 5 6 7 6 5 5 6 7 7 7 7 7 15 11 14 13 28 20 22 20 20 22 22 22 23 22 23 23 23 23 23 24 23 24 24 22 23 24 23 23 23 23 21 22 23
    22 23 23 24 22 21 20 22 22 23 23 21 23 22 22 24 21 22 23 23 21 21 22 21 23 22 23 23 20 22 22 22 23 22 22 23 26 26 20 19 22 23 22 25
    26 26 26 27 27 26 24 25 19 21 26 27 27 26 27 24 21 21 26 26 28 27 27 27 20 24 20 21 22 21 21 23 22 22 25 25 24 24 26 23 26 27 26 26
    27 27 27 27 27 28 27 27 27 27 27 26);
my (%symbol, @code);
{
    my ($code, $length) = (0, 5);
    for my $byte (sort { $lengths[$a] <=> $lengths[$b] || $a <=> $b } 0 .. 255) {
        $code <<= $lengths[$byte] - $length;
        $length = $lengths[$byte];
        $code[$byte] = sprintf '%0*b', $length, $code++;
        $symbol{$code[$byte]} = chr $byte;
    }
}

sub new ($class) { bless {table => [], size => 0, most => 4096}, $class }

sub huffman ($text) {
    my $bits = join '', map { $code[ord] } split //, $text;
    return pack 'B*', $bits . '1' x (-length($bits) % 8);
}

sub unhuffman ($bytes) {
    my ($text, $code) = ('', '');
    for my $bit (split //, unpack 'B*', $bytes) {
        $code .= $bit;
        next if length $code < 5 || !exists $symbol{$code};
        $text .= $symbol{$code};
        $code = '';
    }
    die "bad Huffman padding\n" if length $code > 7 || $code =~ /0/;
    return $text;
}

# RFC 7541 §5.1
sub integer ($value, $bits, $first = 0) {
    my $most = (1 << $bits) - 1;
    return chr($first | $value) if $value < $most;
    my $bytes = chr($first | $most);
    for ($value -= $most; $value >= 128; $value >>= 7) { $bytes .= chr(128 | $value & 127) }
    return $bytes . chr $value;
}

# [name, value], ...: literals that enter no table; what the static table has whole is named by its index.
sub encode ($self, @fields) {
    my $bytes = '';
    for my $field (@fields) {
        my ($name, $value) = @$field;
        my ($index) = grep { $static[$_][0] eq $name && $static[$_][1] eq $value } 0 .. $#static;
        $bytes .= defined $index ? integer($index + 1, 7, 0x80) : "\0" . integer(length $name, 7) . $name . integer(length $value, 7) . $value;
    }
    return $bytes;
}

# A literal that enters the peer's dynamic table.
sub encode_indexed ($self, $name, $value) { "\x40" . integer(length $name, 7) . $name . integer(length $value, 7) . $value }

sub take_integer ($bytes, $bits) {
    my $most  = (1 << $bits) - 1;
    my $value = ord(substr $$bytes, 0, 1, '') & $most;
    return $value if $value < $most;
    for (my $shift = 0;; $shift += 7) {
        my $byte = ord substr $$bytes, 0, 1, '';
        $value += ($byte & 127) << $shift;
        return $value if $byte < 128;
    }
}

sub take_string ($bytes) {
    my $packed = ord($$bytes) & 0x80;
    my $length = take_integer($bytes, 7);
    my $text   = substr $$bytes, 0, $length, '';
    return $packed ? unhuffman($text) : $text;
}

sub entry ($self, $index) {
    return $static[$index - 1] if $index <= @static;
    return $self->{table}[$index - @static - 1] // die "no entry $index\n";
}

sub shrink ($self) {
    while ($self->{size} > $self->{most}) {
        my $gone = pop $self->{table}->@*;
        $self->{size} -= 32 + length($gone->[0]) + length $gone->[1];
    }
}

# A whole field block to ([name, value], ...).
sub decode ($self, $bytes) {
    my @fields;
    while (length $bytes) {
        my $first = ord $bytes;
        if ($first & 0x80) {
            push @fields, [$self->entry(take_integer(\$bytes, 7))->@*];
        } elsif (($first & 0xe0) == 0x20) {
            $self->{most} = take_integer(\$bytes, 5);
            $self->shrink;
        } else {
            my $index = take_integer(\$bytes, $first & 0x40 ? 6 : 4);
            my $name  = $index ? $self->entry($index)->[0] : take_string(\$bytes);
            my $field = [$name, take_string(\$bytes)];
            push @fields, $field;
            next unless $first & 0x40;
            unshift $self->{table}->@*, $field;
            $self->{size} += 32 + length($name) + length $field->[1];
            $self->shrink;
        }
    }
    return @fields;
}

1;
