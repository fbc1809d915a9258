# The control API of a running Proxycache, as a test asks it: over its Unix socket, one connection a question.
package Control;
use v5.36;
use IO::Socket::UNIX;
use JSON::PP ();

sub new ($class, $pc, %option) { bless {path => $option{path} // $pc->{prefix} . '/run/proxycache.sock'}, $class }

# {status, head, body, json}; dies when nobody answers.
sub ask ($self, $method, $target, $body = undef) {
    my $socket = IO::Socket::UNIX->new(Peer => $self->{path}, Timeout => 10) or die "$self->{path}: $!";
    my $text   = ref $body ? JSON::PP->new->canonical->encode($body) : $body // '';
    print $socket "$method $target HTTP/1.1\r\nHost: control\r\nConnection: close\r\nContent-Length: " . length($text) . "\r\n\r\n$text";
    local $SIG{ALRM} = sub { die "no answer to $method $target" };
    alarm 20;
    my $answer = do { local $/; <$socket> };
    alarm 0;
    my ($head, $content) = split /\r\n\r\n/, $answer // '', 2;
    my ($status) = ($head // '') =~ m{^HTTP/1\.1 (\d+)} or die "no answer to $method $target";
    return {status => $status, head => $head, body => $content, json => scalar eval { JSON::PP::decode_json($content) }};
}

sub get   ($self, $target) { $self->ask(GET  => $target) }
sub purge ($self, %wish)   { $self->ask(POST => '/cache/purge', \%wish) }

1;
