# A reload of which not all processes can be started (here: the process table is full) is given up: the old workers go on, the new
# ones leave, and what the reload had opened is closed again.
use lib 't/lib';
use Proxycache;
use IO::Socket::IP;

my $folder = File::Temp::tempdir(CLEANUP => 1);
my $binary = Proxycache::binary();
open my $script, '>', "$folder/proxycache" or die $!;
print $script "#!/bin/sh\nulimit -n 256\nexec $binary \"\$@\"\n";
close $script;
chmod 0755, "$folder/proxycache";
$ENV{PROXYCACHE} = "$folder/proxycache";

my $server = 'location / { return 200 "$pid\n"; }';
my $pc = Proxycache->start(workers => 2, server => $server, expect => qr/emerg|alert/);
my @workers = sort $pc->workers;
my $open = sub { scalar(() = glob '/proc/' . $pc->master . '/fd/*') };
my $before = $open->();
$pc->rewrite(workers => 70, server => "listen %%listen_b%%; $server");
$pc->signal('HUP');
ok $pc->wait_log(qr/\[emerg\] .*reload given up, the running configuration stays/), 'it is given up';
ok $pc->wait_for(sub { "@{[sort $pc->workers]}" eq "@workers" && !$pc->draining }), 'the old workers are the only ones';
is $pc->get('/')->status, 200, 'they answer';
ok !IO::Socket::IP->new(PeerHost => '127.0.0.1', PeerPort => $pc->port('listen_b')), 'the new address is closed';
ok $pc->wait_for(sub { $open->() == $before }), 'the master has as many descriptors as before';
$pc->rewrite(workers => 3, server => $server);
ok $pc->reload, 'a later reload works';
done_testing;
