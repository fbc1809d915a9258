# Four workers over three equal peers: each peer has its share of what all of them ask.
use lib 't/lib';
use Proxycache;

my @origins = map { my $name = $_; Origin->new(sub ($request) { [200, {}, $name] }) } qw(a b c);
my $pc = Proxycache->start(a => $origins[0], b => $origins[1], c => $origins[2], workers => 4, http => <<'H', server => <<'E');
upstream group { server %%a%%; server %%b%%; server %%c%%; }
H
    location / { proxy_pass http://group; add_header X-Pid $pid; }
E
my (%on, %pids);
for (1 .. 120) {
    my $response = $pc->get('/');
    $on{$response->body}++;
    $pids{$response->header('x-pid')}++;
}
cmp_ok scalar(keys %pids), '>=', 2, 'at least two workers took part';
cmp_ok $on{$_}, '>=', 36, "share of $_" for qw(a b c);
done_testing;
