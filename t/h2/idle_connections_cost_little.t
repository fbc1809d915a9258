# Idle HTTP/2 connections: what one of them occupies in the worker, nearly all of it the library's tables.
use lib 't/lib';
use Proxycache;
use Http2;
use Http2Client;

my $pc = Proxycache->start(conf => <<'C', server => 'http2 on; keepalive_timeout 300s; location / { return 200 ok; }');
worker_rlimit_nofile 8192;
events { worker_connections 8192; }
C
my ($worker) = $pc->workers;
sub hold ($count) {
    return map { my $c = Http2Client->new($pc->connect); $c->ask(GET => '/')->status == 200 or die; $c } 1 .. $count;
}
my @warm   = hold(200);
my $before = $pc->memory($worker, 'Anonymous');
my @idle   = hold(1000);
my $each   = ($pc->memory($worker, 'Anonymous') - $before) / @idle;
diag sprintf '%d bytes each', $each;
$pc->holds_less($each, 16 * 1024, 'bytes of an idle connection');
is $idle[0]->ask(GET => '/')->body, 'ok', 'the first still works';
is $idle[-1]->ask(GET => '/')->body, 'ok', 'the last too';
done_testing;
