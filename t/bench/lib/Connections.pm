# What connections occupy and what a reload does to them.
package Connections;

use v5.36;
use Bench;
use POSIX       ();
use Time::HiRes ();
use Wait        qw(wait_until);

sub idle {
    my $origin = origin('floor', 1024);
    my %bytes;
    for my $round (1 .. $option{rounds}) {
        for my $kind (qw(proxycache nginx)) {
            my $server = start($kind, 'proxied', $origin->{port});
            my $before = memory($server);
            pipe(my $hold_read, my $hold_write) or die;
            pipe(my $said_read, my $said_write) or die;
            my $pid = fork // die;
            if (!$pid) {
                open STDIN,  '<&', $hold_read;
                open STDOUT, '>&', $said_write;
                close $hold_write;
                exec 'taskset', '-c', $cores[1], "$option{programs}/load", 'idle', $server->{port}, '/', $option{idle} or POSIX::_exit(127);
            }
            close $_ for $hold_read, $said_write;
            my $said = readline($said_read) // '';
            my ($held) = $said =~ /^ready (\d+)/ or die "load: $said";
            my $each = (memory($server) - $before) / ($held || 1);
            close $hold_write;
            waitpid $pid, 0;
            end($server);
            raw('idle       round %d  %-10s %7.0f bytes for each of %d connections', $round, $kind, $each, $held);
            if ($held == $option{idle}) { push $bytes{$kind}->@*, $each }
            else                        { uncounted("idle round $round of $kind does not count: $held of $option{idle} were held") }
        }
    }
    end($origin);
    verdict("an idle connection of $option{idle}, worker memory", median(($bytes{proxycache} // [])->@*), 1024, 'bytes');
    verdict('  (nginx)', median(($bytes{nginx} // [])->@*), undef, 'bytes');
}

# One reload a second while load runs; the sum of failed requests over the rounds.
sub reload {
    my $origin = origin('floor', 1024);
    for my $case (["$option{rps} requests/s keep-alive", $option{rps}, 'keep'], ["$option{cps} connections/s", $option{cps}, 'close']) {
        my ($name, $rate, $mode) = @$case;
        my (%failed, $lost);
        for my $round (1 .. $option{rounds}) {
            for my $kind (qw(proxycache nginx)) {
                my $server  = start($kind, 'cached', $origin->{port});
                my $seconds = $option{reloads} + 2;
                open my $load, '-|', 'taskset', '-c', $cores[1], "$option{programs}/load", 'rate', $server->{port}, '/', $rate, $seconds, 256, $mode
                    or die "load: $!";
                my $next = Time::HiRes::time() + 1;
                for (1 .. $option{reloads}) {
                    wait_until(sub { Time::HiRes::time() >= $next }, 5);
                    kill HUP => slurp("$server->{prefix}/logs/server.pid") =~ /(\d+)/ ? $1 : $server->{pid};
                    $next++;
                }
                my $line = readline($load) // '';
                close $load;
                my ($bad) = $line =~ /failed=(\d+)/ or die "load: $line";
                chomp $line;
                my $kept = '';
                if ($kind eq 'proxycache') {
                    my $state = answer($server)->header('x-cache') // 'nothing';
                    $kept = ", the cache says $state after the last reload";
                    $lost++ if $state !~ /HIT/;
                }
                raw('reload     round %d  %-10s %s: %s%s', $round, $kind, $name, $line, $kept);
                $failed{$kind} += $bad;
                end($server);
            }
        }
        verdict("$option{reloads} reloads at $name, failed requests in $option{rounds} rounds", $failed{proxycache}, 0);
        verdict('  (nginx)', $failed{nginx}, undef);
        verdict('  rounds after which the cache was empty', $lost // 0, 0);
    }
    end($origin);
}

1;
