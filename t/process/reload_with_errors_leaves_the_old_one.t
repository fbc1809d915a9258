# HUP with a configuration that cannot work: the error is logged, the same workers go on, and a later reload works.
use lib 't/lib';
use Proxycache;
use IO::Socket::IP;

my $pc = Proxycache->start(workers => 2, server => 'location / { return 200 "old\n"; }', expect => qr/emerg/);
my @workers = $pc->workers;
my $taken = IO::Socket::IP->new(LocalHost => '127.0.0.1', LocalPort => 0, Listen => 1) or die;

my %broken = (
    'an unknown directive' => [qr/unknown directive "bogus"/, conf => 'bogus;'],
    'an address in use'    => [qr/bind\(\) to 127\.0\.0\.1:\d+ failed \(98/, http => 'server { listen 127.0.0.1:' . $taken->sockport . '; }'],
    'a log in no folder'   => [qr/open\(\)|mkdir\(\)/, http => 'access_log /dev/null/x/access.log; server { listen %%listen%%; }'],
);
for my $what (sort keys %broken) {
    my ($message, %conf) = $broken{$what}->@*;
    my $before = length $pc->error_log;
    $pc->rewrite(server => undef, http => undef, %conf)->signal('HUP');
    ok $pc->wait_for(sub { substr($pc->error_log, $before) =~ /\[emerg\].*$message/ }), "$what is logged";
    is_deeply [sort $pc->workers], [sort @workers], "$what: the same workers go on";
    is $pc->get('/')->status, 200, "$what: they answer";
    delete $pc->{option}{conf};
}
$pc->rewrite(http => undef, server => 'location / { return 200 "new\n"; }');
ok $pc->reload, 'a good configuration is taken afterwards';
is $pc->get('/')->status, 200;
done_testing;
