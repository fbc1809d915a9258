# One running Proxycache under test, and everything a .t needs: use Proxycache; brings Test::More, Origin, Client,
# strict, warnings and signatures. README.md in this folder has the manual.
package Proxycache;

use v5.36;
use feature ();
use strict ();
use warnings ();
use Cwd ();
use Fcntl qw(LOCK_EX LOCK_NB);
use File::Basename qw(dirname);
use File::Path ();
use File::Temp ();
use IO::Socket::IP;
use File::Spec ();
use POSIX qw(WNOHANG);
use Scalar::Util ();
use Storable ();
use Test::More ();
use Client;
use Origin;
use Wait qw(wait_until patience);

our $tree = Cwd::abs_path(dirname(__FILE__) . '/../..');

sub binary { $ENV{PROXYCACHE} ? Cwd::abs_path($ENV{PROXYCACHE}) // $ENV{PROXYCACHE} : "$tree/objs/proxycache" }

my @running;    # every instance of this process, for the end of the test
my $test_process = $$;

sub import ($class) {
    my $caller = caller;
    strict->import;
    warnings->import;
    feature->import(':5.36');
    no strict 'refs';
    for my $name (grep { /^\w/ && $_ ne 'done_testing' } @Test::More::EXPORT) {
        *{"${caller}::$name"} = \&{"Test::More::$name"};
    }
    *{"${caller}::$_"} = \&{$_} for qw(done_testing wait_until parallel background);
}

# ---- starting ----

# start(server => '...') | start(http => '...') | start(conf => '...'), workers => 4, origin => $origin, NAME => value,
# args => ['-g', '...'], env => {...}, name => 'nginx' (argv[0]), expect => qr/.../ for [alert], [emerg] and
# sanitizer lines that belong there.
sub start ($class, %option) {
    for my $attempt (1 .. 5) {
        my $self = $class->prepare(%option);
        return $self if $self->launch;
        my $why = $self->stderr . $self->error_log;
        my $clash = $why =~ /[Aa]ddress already in use/ && $attempt < 5;
        $self->kill_all;
        next if $clash;
        die "Proxycache did not start:\n$why\n--- the configuration:\n" . $self->{text};
    }
}

# The prefix and the configuration, without starting anything.
sub prepare ($class, %option) {
    my $prefix = $option{prefix} // File::Temp::tempdir('proxycache-t-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    chmod 0755, $prefix;
    File::Path::make_path("$prefix/$_") for qw(conf logs html);
    my $self = bless {prefix => $prefix, option => \%option, ports => {}, addresses => {}, clients => [], owner => $$}, $class;
    $self->write_conf($self->whole_conf(%option));
    push @running, $self;
    return $self;
}

# Fills in what the test leaves out. A directive that the test's own text has is not given a second time.
sub whole_conf ($self, %option) {
    my $text = $option{conf} // '';
    if (defined $option{server}) { $option{http} = ($option{http} // '') . "\nserver {\n    listen %%listen%%;\n$option{server}\n}\n" }
    $text .= "\nhttp {\n$option{http}\n}\n" if defined $option{http};
    my @main;
    my $unset = sub ($name) { $text !~ /^\s*$name\b/m };
    push @main, 'daemon off;' if $unset->('daemon');
    push @main, 'worker_processes ' . ($option{workers} // 1) . ';' if $unset->('worker_processes');
    push @main, 'pid logs/proxycache.pid;' if $unset->('pid');
    push @main, "error_log logs/error.log @{[$option{log_level} // 'info']};" if $text !~ /^error_log\b/m;
    push @main, 'events { worker_connections 4096; }' if $unset->('events');
    return join(' ', @main) . "\n$text";
}

# Replaces conf/test.conf (for a reload); takes the same forms as start.
sub rewrite ($self, %option) {
    $self->{option} = {$self->{option}->%*, %option};
    my %whole = (workers => $self->{option}{workers}, %option);
    $self->write_conf($self->whole_conf(%whole));
    return $self;
}

sub write_conf ($self, $text) {
    $text =~ s/%%(\w+)%%/$self->fill_in($1)/ge;
    $self->{text} = $text;
    $self->write_file('conf/test.conf', $text);
}

# %%prefix%%, %%listen%% and %%listen_NAME%% (an address picked once), %%port_...%% (its port), %%dead%% (nobody listens
# there); any other name is an argument of start: an Origin gives its address, everything else itself.
sub fill_in ($self, $name) {
    return $self->{prefix} if $name eq 'prefix';
    return $self->address($name) if $name =~ /^(listen|dead)(_\w+)?$/;
    return $self->port($1 ? "listen$1" : 'listen') if $name =~ /^port(_\w+)?$/;
    my $value = $self->{option}{$name} // die "the configuration names %%$name%%, and start() has no $name";
    return ref $value && $value->can('address') ? $value->address : $value;
}

sub address ($self, $name = 'listen') { '127.0.0.1:' . $self->port($name) }
sub port ($self, $name = 'listen') { $self->{ports}{$name} //= reserve_port() }

# A free port that no other test takes while this process lives: below the range of outgoing connections, and locked,
# because two Proxycaches with SO_REUSEPORT would share it silently.
my @port_locks;

sub reserve_port {
    my $folder = File::Spec->tmpdir . "/proxycache-ports-$>";
    File::Path::make_path($folder);
    for (1 .. 1000) {
        my $port = 10240 + int rand 22000;
        open my $lock, '>', "$folder/$port" or die "$folder/$port: $!";
        flock $lock, LOCK_EX | LOCK_NB or next;
        IO::Socket::IP->new(LocalHost => '0.0.0.0', LocalPort => $port, Listen => 1) or next;
        push @port_locks, $lock;
        return $port;
    }
    die 'no free port';
}

sub command ($self) { (binary(), '-p', "$self->{prefix}/", '-c', 'conf/test.conf', ($self->{option}{args} // [])->@*) }

# Runs it in a process group of its own; true when it listens.
sub launch ($self) {
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        setpgrp;
        die_with_parent();
        $ENV{$_} = $self->{option}{env}{$_} for keys(($self->{option}{env} // {})->%*);
        open STDIN,  '<',  '/dev/null';
        open STDOUT, '>>', "$self->{prefix}/logs/stdout";
        open STDERR, '>>', "$self->{prefix}/logs/stderr";
        my @command = $self->command;
        exec {$command[0]} ($self->{option}{name} // $command[0], @command[1 .. $#command]) or POSIX::_exit(127);
    }
    $self->{pid} = $self->{group} = $pid;
    my $started = wait_until(sub {
        return 'gone' if $self->reap;
        return -s $self->pid_path && 'up';
    }, 20) // 'late';
    if ($started eq 'gone' && $self->{status} == 0) {    # daemon on: the pid file belongs to its child
        $started = 'up' if wait_until(sub { -s $self->pid_path }, 5);
    }
    return 0 unless $started eq 'up';
    $self->{pid} = $self->master;
    # The pid file appears after the sockets listen; the workers come a moment later.
    wait_until(sub { $self->workers >= $self->worker_count }, 10);
    return 1;
}

sub worker_count ($self) { $self->{text} =~ /^.*\bmaster_process\s+off/m ? 0 : $self->{text} =~ /\bworker_processes\s+(\d+)/ ? $1 : 1 }

sub die_with_parent {
    my $call = {x86_64 => 157, aarch64 => 167}->{(POSIX::uname())[4]} // return;
    syscall $call, 1, 15, 0, 0, 0;    # prctl(PR_SET_PDEATHSIG, SIGTERM)
}

# Runs the program to its end (-t, -T, -v, a start that must fail): {status, signal, out, err}.
sub run ($class, %option) {
    my $self = ref $class ? $class : $class->prepare(%option);
    return run_command([ref $class ? (binary(), '-p', "$self->{prefix}/", '-c', 'conf/test.conf', $option{args}->@*) : $self->command], %option);
}

sub run_command ($command, %option) {
    my ($out, $err) = map { File::Temp->new } 1 .. 2;
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        setpgrp;
        die_with_parent();
        $ENV{$_} = $option{env}{$_} for keys(($option{env} // {})->%*);
        open STDIN,  '<',  $option{stdin} // '/dev/null';
        open STDOUT, '>&', $out;
        open STDERR, '>&', $err;
        exec {$command->[0]} ($option{name} // $command->[0], @$command[1 .. $#$command]) or POSIX::_exit(127);
    }
    my $status;
    my $ended = wait_until(sub { local $?; my $got = waitpid $pid, WNOHANG; $status = $?; $got != 0 }, $option{seconds} // 20);
    if (!$ended) { kill KILL => -$pid; waitpid $pid, 0; $status = $? }
    return {status => $status >> 8, signal => $status & 127, timeout => !$ended, out => slurp("$out"), err => slurp("$err")};
}

# ---- asking ----

sub connect ($self, $name = 'listen', %option) {
    my $address = $name =~ /[:\/]/ ? $name : $self->address($name);
    my $client  = Client->connect($address, %option) // die "connect $address: $!";
    push $self->{clients}->@*, $client;
    Scalar::Util::weaken($self->{clients}[-1]);
    return $client;
}

# One request on a connection of its own, which is closed afterwards. listen => NAME chooses another socket.
sub request ($self, $method, $target, $fields = {}, $body = undef, %option) {
    my $client = $self->connect($option{listen} // 'listen', %option);
    $client->request($method, $target, {Connection => 'close', %$fields}, $body);
    my $response = $client->read_response(%option);
    $client->close;
    return $response;
}

sub get  ($self, $target, $fields = {}, %option) { $self->request('GET', $target, $fields, undef, %option) }
sub head ($self, $target, $fields = {}, %option) { $self->request('HEAD', $target, $fields, undef, %option) }
sub post ($self, $target, $body, $fields = {}, %option) { $self->request('POST', $target, $fields, $body, %option) }

# ---- looking ----

sub prefix ($self) { $self->{prefix} }
sub path ($self, $name) { $name =~ m{^/} ? $name : "$self->{prefix}/$name" }
sub slurp ($path) { open my $file, '<:raw', $path or return ''; local $/; return <$file> // '' }
sub read_file ($self, $name) { slurp($self->path($name)) }

sub write_file ($self, $name, $bytes) { write_path($self->path($name), $bytes) }

sub write_path ($path, $bytes) {
    File::Path::make_path(dirname $path);
    open my $file, '>:raw', $path or die "$path: $!";
    print $file $bytes;
    close $file or die "$path: $!";
    return $path;
}

sub error_log  ($self) { $self->read_file('logs/error.log') }
sub access_log ($self, $name = 'logs/access.log') { $self->read_file($name) }
sub stderr     ($self) { $self->read_file('logs/stderr') }
sub pid_path   ($self) { $self->path($self->{text} =~ /^\s*pid\s+([^;]+);/m ? $1 : 'logs/proxycache.pid') }

sub wait_for ($self, $condition, $seconds = 10) { wait_until($condition, $seconds) }
# Until the error log (or another file) matches; gives what the first group captured, or the match.
sub wait_log ($self, $pattern, $seconds = 10, $name = 'logs/error.log') {
    wait_until(sub { $self->read_file($name) =~ $pattern ? $1 // $& : () }, $seconds);
}

# ---- processes ----

# The pid in the pid file.
sub master ($self) { my ($pid) = slurp($self->pid_path) =~ /^(\d+)/; return $pid // $self->{pid} }

sub children ($pid) {
    my @children;
    for my $path (glob "/proc/$pid/task/*/children") { push @children, split ' ', slurp($path) }
    return @children;
}

sub title ($pid) { slurp("/proc/$pid/cmdline") =~ s/\0+$//r =~ s/\0/ /gr }
sub is_alive ($self, $pid) { slurp("/proc/$pid/stat") =~ /^\d+ \(.*\) ([^ZX])/s ? 1 : 0 }
# Workers that take new connections; with a pid, of that master.
sub workers ($self, $master = $self->master) { grep { title($_) =~ /worker process(?! is shutting)/ } children($master) }
# Workers of earlier generations that still have connections.
sub draining ($self, $master = $self->master) { grep { title($_) =~ /shutting down/ } children($master) }
sub keeper ($self, $master = $self->master) { (grep { title($_) =~ /keeper/ } children($master))[0] }
sub pids ($self) { ($self->master, $self->workers) }
sub memory ($self, $pid, $what = 'Pss') { slurp("/proc/$pid/smaps_rollup") =~ /^$what:\s+(\d+) kB/m ? $1 * 1024 : undef }

# What a program under a sanitizer holds says nothing: freed memory is kept for a while.
sub is_sanitized ($self) { slurp('/proc/' . ($self->workers)[0] . '/maps') =~ /lib[a-z]*san\.so/ ? 1 : 0 }

# cmp_ok for bytes of memory, which is not judged under a sanitizer.
sub holds_less ($self, $bytes, $limit, $name) {
    return Test::More::pass("$name: not judged under a sanitizer") if $self->{sanitized} //= $self->is_sanitized;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return Test::More::cmp_ok($bytes, '<', $limit, $name);
}

sub signal ($self, $signal, $pid = $self->master) { kill $signal => $pid; return $self }

# HUP, then until only workers of the new generation are left or draining; false when they do not come.
sub reload ($self, $seconds = 10) {
    my %old = map { $_ => 1 } $self->workers;
    $self->signal('HUP');
    return wait_until(sub { my @now = $self->workers; @now >= $self->worker_count && !grep { $old{$_} } @now }, $seconds);
}

# ---- stopping ----

sub reap ($self) {
    return 1 if defined $self->{status};
    local ($?, $!);
    my $got = waitpid $self->{group}, WNOHANG;
    return 0 if $got == 0;
    $self->{status} = $got > 0 ? $? : -1;
    return 1;
}

sub is_running ($self) {
    return 0 unless $self->{pid};
    $self->reap;
    return $self->is_alive($self->master) || $self->is_alive($self->{group});
}

# Sends QUIT (or TERM) and waits for the end; gives the exit code, or undef when it had to be killed.
sub stop ($self, $signal = 'QUIT', $seconds = 5) {
    return $self->{exit} if $self->{stopped}++;
    $_ && $_->close for splice $self->{clients}->@*;
    my $gone = sub { !$self->is_running };
    for my $step ([$signal, $seconds], [TERM => 5]) {
        last if $gone->();
        $self->signal($step->[0]);
        wait_until($gone, $step->[1]) and last;
    }
    my $left = $self->is_running;
    $self->kill_all;
    $self->{exit} = $left ? undef : defined $self->{status} ? $self->{status} & 127 ? 128 + ($self->{status} & 127) : $self->{status} >> 8 : 0;
    push $self->{faults}->@*, 'it did not end on TERM and was killed' if $left;
    $self->look_for_faults;
    return $self->{exit};
}

sub kill_all ($self) {
    $self->{stopped} = 1;
    my @left = grep { $_ && $_ != $$ } $self->master;
    kill KILL => @left if @left && title($left[0]) =~ /\Q$self->{prefix}\E|master process/ && $self->{pid};
    kill KILL => -$self->{group} if $self->{group};
    wait_until(sub { $self->reap }, 5) if $self->{group};
}

# What no normal run may write.
sub look_for_faults ($self) {
    my $expected = $self->{option}{expect} // qr/(?!)/;
    my @lines = grep { /\[(alert|emerg)\]/ } split /\n/, $self->error_log;
    push @lines, grep { /AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error:|\[(alert|emerg)\]/ } split /\n/, $self->stderr;
    for my $line (grep { $_ !~ $expected } @lines) { push $self->{faults}->@*, $line }
    push $self->{faults}->@*, $self->stderr if grep { /Sanitizer/ && $_ !~ $expected } @lines;
}

# From now on such lines are what the test is about.
sub expect ($self, $pattern) { $self->{option}{expect} = $pattern; return $self }

sub stop_all {
    my @faults;
    for my $self (reverse splice @running) {
        next if $self->{owner} != $$;
        $self->stop if $self->{pid};
        push @faults, ($self->{faults} // [])->@*;
    }
    return @faults;
}

# Stops everything first, so that a line in the error log fails the test.
sub done_testing (@count) {
    my @faults = stop_all();
    Test::More::fail("Proxycache ran without a fault") if @faults;
    Test::More::diag($_) for @faults;
    Test::More::done_testing(@count);
}

END {
    if ($$ == $test_process) {
        my $status = $?;
        my @faults = stop_all();
        print STDERR "# $_\n" for @faults;
        $? = $status || (@faults ? 1 : 0);
    }
}

$SIG{$_} = sub { exit 1 } for qw(INT TERM HUP);
# A test that hangs ends by itself, and says where it stood.
$SIG{ALRM} = sub { require Carp; print STDERR '# ' . Carp::longmess('the test takes too long'); exit 1 };
alarm patience(300);

# ---- at the same time ----

# parallel(4, sub ($i) { ... }) runs it in that many processes and gives their results (one scalar each) in order.
sub parallel ($count, $work) {
    my @jobs = map { my $i = $_; background(sub { $work->($i) }) } 0 .. $count - 1;
    return map { $_->result } @jobs;
}

# background(sub { ... }) starts it in a process; ->result waits for its scalar (and dies as it died).
sub background ($work) { Proxycache::Job->new($work) }

package Proxycache::Job;

use v5.36;

sub new ($class, $work) {
    pipe(my $read, my $write) or die "pipe: $!";
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP ALRM);
        my $value = eval { $work->() };
        my $bytes = Storable::freeze([$@, $value]);
        binmode $write;
        print $write $bytes;
        close $write;
        POSIX::_exit(0);
    }
    return bless {pid => $pid, read => $read}, $class;
}

sub result ($self) {
    local $/;
    binmode $self->{read};
    my $bytes = readline $self->{read};
    local ($?, $!);
    waitpid $self->{pid}, 0;
    my ($died, $value) = length($bytes // '') ? Storable::thaw($bytes)->@* : ('it ended without a result');
    die $died if $died;
    return $value;
}

1;
