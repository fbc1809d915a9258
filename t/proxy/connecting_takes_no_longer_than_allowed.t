# proxy_connect_timeout: 504 when nobody takes the connection in time; proxy_next_upstream_timeout ends the asking of others.
use lib 't/lib';
use Proxycache;
use IO::Socket::INET;

# A listener whose queue is full: further connections hang.
my $full = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1, ReuseAddr => 1) or die $!;
my @fill = map { IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $full->sockport, Blocking => 0, Timeout => 0.1) } 1 .. 8;
my $good = Origin->new(sub ($request) { [200, {}, 'good'] });
my $pc = Proxycache->start(full => '127.0.0.1:' . $full->sockport, good => $good, http => <<'H', server => <<'E');
upstream both { server %%full%% max_fails=0 weight=9; server %%good%%; }
H
    proxy_connect_timeout 200ms;
    location /alone { proxy_pass http://%%full%%; }
    location /both  { proxy_pass http://both; }
    location /late  { proxy_pass http://both; proxy_next_upstream_timeout 50ms; }
E
is $pc->get('/alone')->status, 504, 'status 504';
like $pc->error_log, qr/upstream timed out \(110: Connection timed out\) while connecting to upstream/, 'logged';
is $pc->get('/both')->body, 'good', 'another peer is asked';
is $pc->get('/late')->status, 504, 'but not when it is too late';
done_testing;
