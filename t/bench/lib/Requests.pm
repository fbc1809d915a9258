# What one request costs: hits of three sizes and a proxied one.
package Requests;

use v5.36;
use Bench;

sub cost ($server) {
    wrk_requests($server->{port}, 1);    # warms up
    my $before   = cpu($server);
    my $requests = wrk_requests($server->{port}, $option{seconds});
    return {cost => (cpu($server) - $before) / $requests * 1e6, rate => $requests / $option{seconds}};
}

# Medians of CPU microseconds a request by kind.
sub per_request ($scenario, $bytes, @kinds) {
    my $name = $bytes == 1024 ? $scenario : sprintf "%.0fk", $bytes / 1024;
    my %figures;
    my $origin = origin('floor', $bytes);
    for my $round (1 .. $option{rounds}) {
        my %seen;
        for my $kind (@kinds) {
            my $server = start($kind, $scenario, $origin->{port}, bytes => $bytes);
            $seen{$kind} = fetch($server);
            my $figure = cost($server);
            end($server);
            raw('%-10s round %d  %-10s %9.2f us/request %8.0f requests/s  %s, Age %s', $name, $round, $kind, $figure->@{qw(cost rate)},
                $seen{$kind}->@{qw(line age)});
            push $figures{$kind}->@*, $figure->{cost};
        }
        if (my $why = differs(@seen{qw(proxycache nginx)}, $scenario ne 'proxied')) {
            uncounted("$name round $round does not count: $why");
            pop $figures{$_}->@* for @kinds;
        }
    }
    end($origin);
    return map { $_ => median($figures{$_}->@*) } grep { $figures{$_} && $figures{$_}->@* } @kinds;
}

sub cached {
    my %cost = per_request('cached', 1024, qw(proxycache nginx floor));
    verdict('cached 1 KiB hit, CPU as a share of nginx\'s', ratio(@cost{qw(proxycache nginx)}), 0.75);
    verdict('cached 1 KiB hit, CPU as a multiple of the floor', ratio(@cost{qw(proxycache floor)}), 1.45);
    verdict('  (nginx as a multiple of the floor)', ratio(@cost{qw(nginx floor)}), undef);
    verdict("  ($_)", $cost{$_}, undef, 'us') for grep { $cost{$_} } qw(proxycache nginx floor);
}

sub cached_100k {
    my %cost = per_request('large', 100 * 1024, qw(proxycache nginx floor));
    verdict('cached 100 KiB hit, CPU as a share of nginx\'s', ratio(@cost{qw(proxycache nginx)}), 0.85);
    verdict("  ($_)", $cost{$_}, undef, 'us') for grep { $cost{$_} } qw(proxycache nginx floor);
}

sub cached_10m {
    my $bytes = 10 << 20;
    my %cost  = per_request('large', $bytes, qw(proxycache nginx floor));
    verdict('cached 10 MiB hit, CPU per GB as a share of nginx\'s', ratio(@cost{qw(proxycache nginx)}), 0.80);
    verdict('cached 10 MiB hit, CPU per GB as a multiple of bare writes', ratio(@cost{qw(proxycache floor)}), 1.15);
    verdict("  ($_)", $cost{$_} / $bytes * 1e9 / 1000, undef, 'ms/GB') for grep { $cost{$_} } qw(proxycache nginx floor);
}

sub proxied {
    my %cost = per_request('proxied', 1024, qw(proxycache nginx relay));
    verdict('proxied 1 KiB, CPU as a share of nginx\'s', ratio(@cost{qw(proxycache nginx)}), 0.95);
    verdict('  (the dumb relay as a share of nginx)', ratio(@cost{qw(relay nginx)}), undef);
    verdict("  ($_)", $cost{$_}, undef, 'us') for grep { $cost{$_} } qw(proxycache nginx relay);
}

1;
