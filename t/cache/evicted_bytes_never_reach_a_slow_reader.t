# What was handed to the kernel from the cache's memory arrives as it was, though the object is evicted and its memory used again before
# the reader takes it, and though the worker that sent it is killed meanwhile.
use lib 't/lib';
use Proxycache;

my $size = 100 * 1024;
sub body_of ($name) { substr("$name." x ($size / (1 + length $name) + 1), 0, $size) }

my $origin = Origin->new(sub ($request) {
    return [200, {'Cache-Control' => 'max-age=600'}, body_of($request->target =~ s{^/}{}r)];
});
my $pc = Proxycache->start(origin => $origin, workers => 1, http => 'proxy_cache_path cache keys_zone=one:1m memory=2m disk=off;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
E

sub is_hit ($name) { $pc->get("/$name")->header('x-cache') eq 'HIT' }
sub logged ($name) { my @lines = $pc->access_log =~ m{"GET /$name }g; scalar @lines }

# Clients that have asked for a hit each and read nothing; all was handed to the kernel, so nothing is pinned.
sub slow_readers (@names) {
    my %client;
    for my $name (@names) {
        ok wait_until(sub { is_hit($name) }, 10), "$name is stored";
        my $before = logged($name);
        $client{$name} = $pc->connect('listen', rcvbuf => 1 << 20);
        $client{$name}->write("GET /$name HTTP/1.1\r\nHost: localhost\r\n\r\n");
        ok $pc->wait_for(sub { logged($name) > $before }, 10), "all of $name was handed over";
    }
    return %client;
}

# Five times what memory holds, twice each: what was used once or twice goes.
sub churn ($prefix) { $pc->get("/$prefix$_") for map { ($_, $_, $_) } 1 .. 100 }

my %client = slow_readers(map {"a$_"} 1 .. 8);
churn('x');
ok !is_hit('a1'), 'its memory was given to others';
for my $name (sort keys %client) {
    ok $client{$name}->read_response->body eq body_of($name), "$name arrives as it was";
}

%client = slow_readers(map {"b$_"} 1 .. 8);
my ($worker) = $pc->workers;
$pc->expect(qr/\[alert\]/);
$pc->signal(KILL => $worker);
ok wait_until(sub { my @now = $pc->workers; @now == 1 && $now[0] != $worker }, 10), 'the worker is killed';
churn('y');
for my $name (sort keys %client) {
    ok $client{$name}->read_response->body eq body_of($name), "$name arrives as it was, from a worker that is dead";
}

done_testing;
