# access_log buffer=: lines wait until the buffer is full, flush= is over, or the process ends; never lost, never torn.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(http => 'log_format l "line $arg_n";', server => <<'E2');
    location /full/  { access_log logs/full.log l buffer=1k; return 200 ok; }
    location /flush/ { access_log logs/flush.log l buffer=64k flush=100ms; return 200 ok; }
E2
my $c = $pc->connect;
$c->ask('GET', '/full/?n=first');
$c->ask('GET', '/flush/?n=first');
ok $pc->wait_for(sub { $pc->read_file('logs/flush.log') eq "line first\n" }), 'flushed when it was old';
is $pc->read_file('logs/full.log'), '', 'the other waits';
$c->ask('GET', "/full/?n=$_") for 1 .. 200;
my $text = $pc->read_file('logs/full.log');
cmp_ok length $text, '>', 1000, 'a full buffer is written';
like $text, qr/\Aline first\nline 1\n/;
like $text, qr/\d\n\z/, 'whole lines';
$c->close;
is $pc->stop, 0;
is $pc->read_file('logs/full.log'), join('', map { "line $_\n" } 'first', 1 .. 200), 'the rest is written at the end';
done_testing;
