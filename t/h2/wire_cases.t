# The cases that every version of HTTP answers alike, over HTTP/2: all on one connection.
use lib 't/lib';
use Proxycache;
use WireCases;
use Http2;
use Http2Client;

WireCases::run('http2 on;', sub ($pc) {
    my $c = Http2Client->new($pc->connect, window => 1 << 20);
    sub ($method, $path, $fields = {}, $body = undef, %option) {
        my %other = %$fields;
        local $c->{authority} = delete $other{host} // 'localhost';
        return $c->ask($method, $path, \%other, $body) unless $option{trailers};
        my $id = $c->open(0, $c->head($method, $path, \%other));
        my $trails = $option{trailers}->@*;
        $c->data($id, $body, $trails ? 0 : END_STREAM);
        $c->trailers($id, $option{trailers}->@*) if $trails;
        return $c->response_of($id);
    }
});
done_testing;
