# What every scenario needs: servers that are started and ended, the CPU they used, what a client gets from them, and the table.
package Bench;

use v5.36;
use Client;
use Cwd         ();
use Digest::SHA qw(sha256_hex);
use Exporter    qw(import);
use File::Path  ();
use File::Temp  ();
use FindBin     qw($Bin);
use IO::Socket::IP;
use POSIX       ();
use Time::Local ();
use Wait        qw(wait_until);

our @EXPORT = qw(%option @cores free_port spawn wait_port start end slurp cpu processes workers memory fetch differs answer program
    median ratio wrk_requests origin raw uncounted verdict);

our %option = (rounds => 3, seconds => 5, idle => 8000, rps => 4000, cps => 2000, reloads => 10, connections => 64,
    objects => 200_000, churn => 1_000_000, churners => 'proxycache,haproxy,nginx', haproxy => 'haproxy', proxycache => 'objs/proxycache', programs => 'objs/bench', nginx => 'nginx');
our @cores = qx(nproc) > 1 ? (0, 1) : (0, 0);

my @servers;    # every process group started, to end
my (@verdicts, @raw, $uncounted);

sub find_program ($name) { $name =~ m{/} ? $name : (grep { -x } map { "$_/$name" } split(/:/, $ENV{PATH}), '/usr/sbin')[0] }
sub program      ($name) { $option{$name} = find_program($option{$name} // $name) // die "missing: $name (contrib/deps bench)\n" }

sub end_all { kill KILL => map { -$_ } @servers if @servers; @servers = () }

# ---- servers ----

sub free_port { my $s = IO::Socket::IP->new(LocalHost => '127.0.0.1', LocalPort => 0, Listen => 1) or die; return $s->sockport }

sub spawn ($core, @command) {
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        setpgrp;
        open STDIN, '<', '/dev/null';
        exec 'taskset', '-c', $core, @command or POSIX::_exit(127);
    }
    push @servers, $pid;
    return $pid;
}

sub wait_port ($port) {
    wait_until(sub { IO::Socket::IP->new(PeerHost => '127.0.0.1', PeerPort => $port) }, 20) or die "nobody listens on $port\n";
}

# The program of that name beside the server, on the clients' core: {port, pid}.
sub origin ($name, @arguments) {
    my $port = free_port();
    my $pid  = spawn($cores[1], "$option{programs}/$name", $port, @arguments);
    wait_port($port);
    return {port => $port, pid => $pid};
}

# A server of that kind in front of the origin: {kind, port, pid, prefix}. `set`: what else the configuration leaves open.
sub start ($kind, $scenario, $origin, %set) {
    my $port = free_port();
    my %server = (kind => $kind, port => $port);
    if ($kind eq 'floor') { return ready({%server, pid => spawn($cores[0], "$option{programs}/floor", $port, $set{bytes} // 1024)}) }
    if ($kind eq 'relay') { return ready({%server, pid => spawn($cores[0], "$option{programs}/relay", $port, $origin)}) }
    my $prefix = File::Temp::tempdir(CLEANUP => 1);
    chmod 0755, $prefix;
    File::Path::make_path("$prefix/conf", "$prefix/logs");
    %set = (%set, listen => $port, origin => $origin);
    my $text = slurp("$Bin/peers/$kind-$scenario.conf") || die "no peers/$kind-$scenario.conf\n";
    $text =~ s/%%(\w+)%%/$set{$1} \/\/ die "peers\/$kind-$scenario.conf: nothing for $1\n"/ge;
    open my $out, '>', "$prefix/conf/bench.conf" or die $!;
    print $out $text;
    close $out;
    if ($kind eq 'haproxy') {
        return ready({%server, pid => spawn($cores[0], program($kind), '-db', '-q', '-f', "$prefix/conf/bench.conf"), prefix => $prefix});
    }
    my $pid = spawn($cores[0], program($kind), '-p', "$prefix/", '-e', "$prefix/logs/start.log", '-c', 'conf/bench.conf', '-g', 'daemon off;');
    return ready({%server, pid => $pid, prefix => $prefix});
}

sub ready ($server) { wait_port($server->{port}); answer($server) for 1 .. 20; return $server }

sub end ($server) {
    my $pid = $server->{pid};
    kill TERM => -$pid;
    wait_until(sub { waitpid($pid, POSIX::WNOHANG()) != 0 }, 5) or do { kill KILL => -$pid; waitpid $pid, 0 };
    @servers = grep { $_ != $pid } @servers;
}

sub slurp ($path) { open my $file, '<', $path or return ''; local $/; return <$file> // '' }
sub processes ($pid) { ($pid, map { processes($_) } map { split ' ', slurp($_) } glob "/proc/$pid/task/*/children") }
sub workers ($pid) { my @all = processes($pid); return @all == 1 ? @all : grep { slurp("/proc/$_/cmdline") =~ /worker process/ } @all }

# CPU seconds of all processes of the server so far: schedstat counts nanoseconds, stat only ticks of 10 ms.
sub cpu ($server) {
    my $sum = 0;
    for my $pid (processes($server->{pid})) {
        for my $task (glob "/proc/$pid/task/*") {
            if (slurp("$task/schedstat") =~ /^(\d+)/) { $sum += $1 * 1e-9; next }
            my @field = split ' ', slurp("$task/stat") =~ s/^.*\) //sr;
            $sum += ($field[11] + $field[12]) / POSIX::sysconf(POSIX::_SC_CLK_TCK());
        }
    }
    return $sum;
}

# Bytes of the workers.
sub memory ($server) {
    my $sum = 0;
    $sum += slurp("/proc/$_/smaps_rollup") =~ /^Pss:\s+(\d+) kB/m ? $1 * 1024 : 0 for workers($server->{pid});
    return $sum;
}

# ---- what a client gets ----

sub answer ($server) {
    my $client = Client->connect("127.0.0.1:$server->{port}") or die "$server->{kind}: no connection\n";
    my $answer = $client->ask(GET => '/', {Connection => 'close'}) or die "$server->{kind}: no answer\n";
    $client->close;
    return $answer;
}

my %month;
@month{qw(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec)} = 0 .. 11;

sub seconds_of ($date) {
    $date =~ /(\d+) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT/ or return 0;
    return Time::Local::timegm($6, $5, $4, $1, $month{$2}, $3);
}

# {line: what must be the same of all, for who reads the raw rounds; age: whether Age is right where there is one}
sub fetch ($server) {
    my $answer = answer($server);
    my $date   = $answer->header('date');
    my $age    = $answer->header('age');
    my $right  = !defined $age ? 'none' : abs(time - seconds_of($date // '') - $age) <= 1 ? 'right' : 'wrong';
    return {
        age  => $right,
        date => $date // 'none',
        line => join(' ', $answer->status, substr(sha256_hex($answer->body), 0, 12), $answer->header('content-type') // 'no-type',
            defined $date ? 'with-Date' : 'without-Date', defined $answer->header('content-length') ? 'with-Content-Length' : 'chunked'),
    };
}

# Why a round does not count; empty: it does. A hit keeps the origin's Date and has an Age, which nginx does not send.
sub differs ($ours, $peer, $is_hit = 0) {
    return "the answers differ: $ours->{line} / $peer->{line}" if $ours->{line} ne $peer->{line};
    return 'Age is wrong' if $ours->{age} eq 'wrong' || ($is_hit && $ours->{age} eq 'none');
    return "the Dates differ: $ours->{date} / $peer->{date}" if $is_hit && $ours->{date} ne $peer->{date};
    return '';
}

sub wrk_requests ($port, $seconds) {
    my $out = qx(taskset -c $cores[1] @{[program('wrk')]} -t1 -c$option{connections} -d${seconds}s --timeout 20s http://127.0.0.1:$port/ 2>&1);
    my ($requests) = $out =~ /^\s*(\d+) requests in/m or die "wrk: $out";
    die "wrk saw errors: $out" if $out =~ /Socket errors:|Non-2xx/;
    return $requests;
}

# ---- the table ----

sub median (@values) { @values = sort { $a <=> $b } @values; return @values ? ($values[$#values / 2] + $values[@values / 2]) / 2 : undef }
sub ratio ($ours, $theirs) { defined $ours && $theirs ? $ours / $theirs : undef }

sub raw ($format, @values) { push @raw, sprintf $format, @values }
sub uncounted ($why) { push @raw, $why; $uncounted++ }

# Without a target it only informs.
sub verdict ($what, $value, $target, $unit = '') {
    push @verdicts, {what => $what, value => $value, target => $target, unit => $unit,
        met => !defined $target || (defined $value && $value <= $target)};
}

sub shown ($value, $unit) {
    return 'nothing' unless defined $value;
    return sprintf($value >= 100 || $value == int $value ? '%.0f%s' : $value < 1 ? '%.3f%s' : '%.2f%s', $value, $unit && " $unit");
}

# Returns whether all is as it should be.
sub print_table {
    say "\n", POSIX::strftime('%Y-%m-%d', localtime), ", rounds: $option{rounds}, seconds each: $option{seconds}; Linux ", (POSIX::uname())[2];
    my $missed = 0;
    for my $verdict ((grep { !$_->{met} } @verdicts), grep { $_->{met} } @verdicts) {
        $missed++ unless $verdict->{met};
        printf "%-8s %-76s %12s%s\n", defined $verdict->{target} ? $verdict->{met} ? 'met' : 'MISSED' : '', $verdict->{what},
            shown($verdict->@{qw(value unit)}), defined $verdict->{target} ? '  (at most ' . shown($verdict->@{qw(target unit)}) . ')' : '';
    }
    say "\nraw rounds:";
    say "  $_" for @raw;
    say "\n", $uncounted ? "$uncounted rounds did not count. " : '', $missed ? "$missed targets missed." : 'All targets met.';
    return !$missed && !$uncounted;
}

1;
