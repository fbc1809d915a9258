# What is kept of more than memory holds: Zipf(1.0) over 100,000 objects of 1 KiB with memory for 20,000.
package Churn;

use v5.36;
use Bench;
use File::Temp ();
use FindBin qw($Bin);
use lib "$Bin/../lib";
use Control;
use Wait qw(wait_until);

use constant {OBJECTS => 100_000, HELD => 20_000};

sub zipf ($server, $requests, $seed, $objects = OBJECTS) {
    my $out = qx(taskset -c $cores[1] $option{programs}/zipf $server->{port} $objects $requests $option{connections} $seed 2>&1);
    $out =~ /^ok=$requests failed=0$/m or die "$server->{kind}: $out";
}

# What $count says now.
sub count ($file) { unpack 'Q', slurp($file) }

# How much memory holds 20,000: what one occupies, and what the store needs itself.
sub memory_for ($origin) {
    my $server  = start('proxycache', 'churn', $origin->{port}, memory => '64m');
    my $control = Control->new(undef, path => "$server->{prefix}/control.sock");
    my $zone    = sub { $control->get('/cache')->{json}{zones}[0] };
    zipf($server, 50_000, 7);
    my $now = $zone->();
    end($server);
    return int($now->{bytes} / $now->{objects} * HELD + (64 << 20) - $now->{memory_size}) . '';
}

sub churn {
    my $count  = File::Temp->new;
    my $origin = origin('floor', 1024, $count->filename);
    my %set    = (memory => memory_for($origin), files => (HELD * 4 >> 10) . 'm', mebibytes => HELD * 2 >> 10);
    my (%cost, %hits);
    for my $round (1 .. $option{rounds}) {
        for my $kind (grep { $_ eq 'proxycache' || eval { program($_) } } split /,/, $option{churners}) {
            my $server = start($kind, 'churn', $origin->{port}, %set);
            zipf($server, $option{churn}, 10 + $round);
            my ($before, $asked) = (cpu($server), count($count->filename));
            zipf($server, $option{churn}, 20 + $round);
            my $cost = (cpu($server) - $before) / $option{churn} * 1e6;
            my $hits = 1 - (count($count->filename) - $asked) / $option{churn};
            my $held = $kind eq 'proxycache' ? Control->new(undef, path => "$server->{prefix}/control.sock")->get('/cache')->{json}{zones}[0]{objects} : 'unknown';
            end($server);
            raw('churn      round %d  %-10s %9.2f us/request  %.4f of the requests %d to %d are hits; objects held: %s',
                $round, $kind, $cost, $hits, $option{churn} + 1, 2 * $option{churn}, $held);
            push $cost{$kind}->@*, $cost;
            push $hits{$kind}->@*, $hits;
        }
    }
    end($origin);
    my %cpu = map { $_ => median($cost{$_}->@*) } keys %cost;
    verdict('churn with memory for a fifth: misses', 1 - median($hits{proxycache}->@*), 0.16);
    verdict("  (misses of $_)", 1 - median($hits{$_}->@*), undef) for grep { $hits{$_} } qw(haproxy nginx);
    verdict('churn with memory for a fifth: CPU as a share of HAProxy\'s', ratio(@cpu{qw(proxycache haproxy)}), 1) if $cpu{haproxy};
    verdict("  ($_)", $cpu{$_}, undef, 'us') for grep { $cpu{$_} } qw(proxycache haproxy nginx);
}

# The cache's own code on three traces, beside an LRU list. Seeded, so once is enough.
sub traces {
    my $out = qx($option{programs}/zone_hits 2>&1);
    raw('traces     %s', $_) for split /\n/, $out;
    for my $trace (qw(zipf scan loop)) {
        my ($ours, $lru) = $out =~ /^$trace: ([\d.]+) .*?, ([\d.]+) of an LRU/m or die "zone_hits: $out";
        verdict("misses of the second million, $trace", 1 - $ours, $trace eq 'zipf' ? 0.16 : 1 - $lru);
        verdict('  (of an LRU list)', 1 - $lru, undef);
    }
}

1;
