# One answer as the client saw it: status line, fields in order, body, trailers, and whether it was whole.
package Response;

use v5.36;

sub new ($class, %part) { bless {fields => [], trailers => [], interim => [], body => '', body_length => 0, %part}, $class }

# From the bytes up to and including the empty line. Dies with the bytes when they are no HTTP/1 head.
sub parse_head ($class, $head) {
    my ($line, @lines) = split /\r\n/, $head;
    ($line // '') =~ m{^HTTP/(\d\.\d) (\d{3})(?: (.*))?$} or die "not a status line: " . substr($head, 0, 200);
    my ($version, $status, $reason) = ($1, $2, $3);
    return $class->new(version => $version, status => $status, reason => $reason // '', head => $head, fields => parse_fields(@lines));
}

sub parse_fields (@lines) {
    my @fields;
    for my $line (@lines) {
        next if $line eq '';
        my ($name, $value) = $line =~ /^([^:]+):[ \t]*(.*?)[ \t]*$/s or die "not a field line: $line";
        push @fields, [$name, $value];
    }
    return \@fields;
}

sub status      ($self) { $self->{status} }
sub reason      ($self) { $self->{reason} }
sub version     ($self) { $self->{version} }
sub head        ($self) { $self->{head} }         # status line and fields as received
sub fields      ($self) { $self->{fields} }       # [[Name, value], ...] in order
sub body        ($self) { $self->{body} }
sub body_length ($self) { $self->{body_length} }  # also with discard => 1, when the body is not kept
sub chunks      ($self) { $self->{chunks} // [] }      # sizes of the chunks received
sub interim     ($self) { $self->{interim} }      # the 1xx answers before this one
sub truncated   ($self) { $self->{truncated} }    # the connection ended before the message did

sub headers ($self, $name) { map { $_->[1] } grep { lc $_->[0] eq lc $name } $self->{fields}->@* }

sub header ($self, $name) {
    my @values = $self->headers($name);
    return @values ? join(', ', @values) : undef;
}

sub trailer ($self, $name) {
    my @values = map { $_->[1] } grep { lc $_->[0] eq lc $name } $self->{trailers}->@*;
    return @values ? join(', ', @values) : undef;
}

1;
