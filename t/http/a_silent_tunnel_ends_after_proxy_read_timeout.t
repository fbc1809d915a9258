# A tunnel in which nothing goes either way for proxy_read_timeout is ended; words of either side keep it.
use lib 't/lib';
use Proxycache;
use Time::HiRes 'time';

my $origin = Origin->new(sub ($request) { {status => 101, headers => {Upgrade => 'test', Connection => 'upgrade'}, tunnel => sub ($bytes) { $bytes }} });
my $pc = Proxycache->start(origin => $origin, server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_read_timeout 700ms; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; }
E
my $client = $pc->connect;
is $client->ask('GET', '/', {Upgrade => 'test', Connection => 'upgrade'})->status, 101, 'switched';
my $begin = time;
while (time - $begin < 1.5) {
    $client->write('a');
    is $client->read_bytes(1), 'a', 'alive' or last;
    wait_until(sub { 0 }, 0.2 / ($ENV{PATIENCE} // 1));
}
ok $client->closed, 'silence ends it';
ok $origin->wait_closed, 'on both sides';
done_testing;
