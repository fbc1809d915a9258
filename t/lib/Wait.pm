# Waiting for a condition, and the one clock bound that every test shares.
package Wait;

use v5.36;
use Exporter qw(import);
use Time::HiRes qw(time);

our @EXPORT_OK = qw(wait_until patience);

# Sanitized builds are several times slower: PATIENCE=3 makes every bound three times as long.
sub patience ($seconds) { $seconds * ($ENV{PATIENCE} // 1) }

# A pipe on which nothing ever arrives: waiting for it is how to let a little time go by.
our ($quiet, $unwritten);
pipe($quiet, $unwritten) or die "pipe: $!";

sub wait_until ($condition, $seconds = 10) {
    my $end  = time + patience($seconds);
    my $turn = 0.001;
    while (1) {
        my @answer = $condition->();
        return wantarray ? @answer : $answer[0] if @answer && $answer[0];
        return if time >= $end;
        my $watched = '';
        vec($watched, fileno($quiet), 1) = 1;
        select($watched, undef, undef, $turn);
        $turn = $turn * 2 > 0.02 ? 0.02 : $turn * 2;
    }
}

1;
