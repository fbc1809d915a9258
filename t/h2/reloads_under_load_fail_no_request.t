# Twenty reloads while clients ask over HTTP/2, eight requests at once on connections that they keep: every request is answered
# by the old worker, or was told not to be taken (RFC 9113 §6.8) and is answered by the new one.
use lib 't/lib';
use Proxycache;
use Http2;
use Http2Client;

my $origin = Origin->new(sub ($request) { [200, {}, 'x' x 20000] });
my $pc     = Proxycache->start(origin => $origin, workers => 2, server => 'http2 on; location / { return 200 "$pid\n"; } location /proxied { proxy_pass http://%%origin%%; }');
my $stop   = $pc->path('stop');
my @clients = map { background(sub {
    my ($count, $again, @failed, $c) = (0, 0);
    until (-e $stop) {
        $c //= Http2Client->new($pc->connect);
        my %asked = map { my $path = $_ % 4 ? '/' : '/proxied'; ($c->request(GET => $path) => $path) } 1 .. 8;
        my $over;
        for my $id (sort { $a <=> $b } keys %asked) {
            my $response = eval { $c->response_of($id) };
            my ($last) = sort { $a <=> $b } map { (unpack 'NN', $_->{payload})[0] } $c->goaways;
            $over = 1 if defined $last;
            if ($response) {
                push @failed, 'status ' . $response->status if $response->status != 200;
                push @failed, 'short' if $asked{$id} eq '/proxied' && $response->body_length != 20000;
                $count++;
            } elsif (defined $last && $id > $last) {
                $again++;
            } else {
                push @failed, "stream $id: " . ($@ || $c->client->ended // 'reset') . ' last ' . ($last // 'none');
            }
        }
        undef $c if $over;
    }
    return {count => $count, again => $again, failed => \@failed};
}) } 1 .. 3;
for (1 .. 20) { $pc->reload or fail("reload $_ brought no new workers") }
$pc->write_file('stop', '');
for my $client (@clients) {
    my $result = $client->result;
    diag "$result->{count} answered, $result->{again} to be asked again";
    cmp_ok $result->{count}, '>', 50, 'a client asked all the while';
    is_deeply $result->{failed}, [], 'no request failed';
}
ok $pc->wait_for(sub { $pc->workers == 2 && !$pc->draining }), 'in the end there are as many workers as at first';
done_testing;
