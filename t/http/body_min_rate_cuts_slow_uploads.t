# client_body_min_rate: an upload that stays below it for longer than the grace of five seconds is ended with 408, although the client
# is never silent for client_body_timeout; a pause of the origin is not the client's fault.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, $request->body_length] });
my $pc     = Proxycache->start(origin => $origin, server => <<'E');
    location /     { client_body_min_rate 10k; proxy_pass http://%%origin%%; }
    location /free { proxy_pass http://%%origin%%; }
E
my $slow = $pc->connect('listen', timeout => 30);
my $free = $pc->connect;
$_->[0]->write("POST $_->[1] HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n") for [$slow, '/'], [$free, '/free'];
wait_until(sub { $_->write('x' x 100) for $slow->is_quiet ? ($slow, $free) : (); !$slow->is_quiet }, 20);
is $slow->read_response->status, 408, 'cut';
ok $free->is_quiet, 'off by default';
$slow->close; $free->close;
is $pc->post('/', 'x' x 500_000)->body, 500_000, 'a fast upload passes';
is $origin->requests, 1, 'the origin saw only that';
done_testing;
