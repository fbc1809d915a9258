# worker_processes: a number, auto (as many as CPUs), and what nothing means: auto here, 1 with `compat nginx`.
use lib 't/lib';
use Proxycache;

chomp(my $cpus = `nproc`);
my $conf = "events { worker_connections 100; }\nhttp { server { listen %%listen%%; return 204; } }\n";
my %expected = ('' => $cpus, 'worker_processes auto;' => $cpus, 'worker_processes 3;' => 3, 'compat nginx;' => 1);
for my $line (sort keys %expected) {
    # The harness would name a number of its own.
    my $pc = Proxycache->prepare(conf => $conf, workers => 'auto');
    $pc->write_conf(($pc->{text} =~ s/worker_processes auto;/$line/r));
    $pc->launch;
    ok $pc->wait_for(sub { $pc->workers == $expected{$line} }), ($line || 'nothing') . ": $expected{$line}" or diag scalar $pc->workers;
    $pc->stop;
}
done_testing;
