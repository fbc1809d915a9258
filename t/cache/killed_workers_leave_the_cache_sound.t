# Workers are killed 20 times under load: every answer that arrives whole is right, and the cache goes on.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {'Cache-Control' => 'max-age=600'}, $request->path x 500] });
my $pc     = Proxycache->start(
    origin => $origin, workers => 4, expect => qr/signal 9/,
    http   => 'proxy_cache_path cache keys_zone=one:1m memory=1m;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
E

my @load = map {
    my $seed = $_;
    background(
        sub {
            my ($whole, $wrong) = (0, 0);
            for my $i (1 .. 400) {
                my $path     = '/o/' . (($i * 7 + $seed * 13) % 300);
                my $response = eval { $pc->get($path) } or next;
                next if $response->truncated;
                $whole++;
                $wrong++ unless $response->status == 200 && $response->body eq $path x 500;
            }
            return "$whole $wrong";
        }
    )
} 1 .. 3;
for (1 .. 20) {
    my @workers = $pc->workers;
    my %before  = map { $_ => 1 } @workers;
    $pc->signal('KILL', $workers[rand @workers]) if @workers;
    wait_until(sub { grep { !$before{$_} } $pc->workers }, 10);
}
for my $load (@load) {
    my ($whole, $wrong) = split ' ', $load->result;
    cmp_ok $whole, '>', 200, 'most requests were answered';
    is $wrong, 0, 'none wrongly';
}
ok wait_until(sub { my $r = eval { $pc->get('/o/1') }; $r && ($r->header('x-cache') // '') eq 'HIT' }, 10), 'the cache still serves';

done_testing;
