# The cases that every version of HTTP answers alike, over HTTP/1.1: each on a connection of its own.
use lib 't/lib';
use Proxycache;
use WireCases;

WireCases::run('', sub ($pc) {
    sub ($method, $path, $fields = {}, $body = undef, %option) {
        my $c = $pc->connect;
        if ($option{trailers}) {
            my $head = join '', map { "$_: $fields->{$_}\r\n" } sort keys %$fields;
            my $last = join '', map { "$_->[0]: $_->[1]\r\n" } $option{trailers}->@*;
            $c->write("$method $path HTTP/1.1\r\nHost: localhost\r\n${head}Transfer-Encoding: chunked\r\n\r\n" . sprintf("%x\r\n%s\r\n", length $body, $body) . "0\r\n$last\r\n");
        } else {
            $c->request($method, $path, $fields, $body);
        }
        return $c->read_response(method => $method);
    }
});
done_testing;
