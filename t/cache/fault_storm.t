# Workers and the keeper are killed at random under mixed load, disks fail and lie: no wrong body is ever given, nothing leaks,
# limits hold. Every body carries its path, variant and a checksum of both. 20 seconds; EXTENDED=1: five minutes.
use lib 't/lib';
use Proxycache;
use Control;
use Digest::MD5 qw(md5_hex);
use Time::HiRes qw(time);

my $seconds = $ENV{EXTENDED} ? 300 : 20;
my $seed    = $ENV{SEED} // $$;
srand $seed;

# The bytes of an object follow from its name.
sub body_of ($path, $variant) {
    my $size = $path =~ m{^/l/} ? 700_000 : $path =~ m{^/m/} ? 30_000 : $path =~ m{^/0/} ? 0 : 900;
    my $line = "$path|$variant|" . md5_hex("$path|$variant") . "\n";
    return substr $line x (1 + $size / length $line), 0, $size;
}

my $origin = Origin->new(
    sub ($request) {
        my ($path, $variant) = ($request->path, $request->header('x-variant') // '-');
        my $body = body_of($path, $path =~ m{^/v/} ? $variant : '');
        my %head = ('Cache-Control' => $path =~ /7$/ ? 'max-age=1' : 'max-age=600', ETag => '"' . md5_hex($body) . '"', 'Cache-Tag' => 'storm');
        $head{Vary} = 'X-Variant' if $path =~ m{^/v/};
        return [304, \%head, ''] if ($request->header('if-none-match') // '') eq $head{ETag};
        return {raw => ["HTTP/1.1 200 OK\r\nContent-Length: " . length($body) . "\r\n\r\n", substr($body, 0, 100), ['close']]} if $path =~ /13$/;
        return [200, \%head, $body];
    }
);
my $pc = Proxycache->start(
    origin  => $origin,
    workers => 4,
    expect  => qr/signal 9/,
    conf    => 'control unix:run/proxycache.sock;',
    http    => 'proxy_cache_path store keys_zone=one:1m memory=8m max_size=64m;',
    server  => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; proxy_cache_purge PURGE; proxy_set_header X-Variant $http_x_variant; }
E
my $store = $pc->path('store');

sub random_path () {
    my $kind = rand;
    return $kind < 0.55 ? '/s/' . int rand 3000 : $kind < 0.7 ? '/v/' . int rand 100 : $kind < 0.85 ? '/m/' . int rand 300
      : $kind < 0.9 ? '/0/' . int rand 9 : '/l/' . int rand 40;
}

# What a client does until the time is over, and saw: numbers of answers, and a line for each that was wrong.
sub load ($id, $until) {
    srand $seed + $id;
    my ($whole, $cut, $hits, $none, @wrong) = (0, 0, 0, 0);
    while (time < $until) {
        my ($path, $variant) = (random_path(), 'v' . int rand 4);
        if (rand() < 0.03) { eval { $pc->request('PURGE', $path) }; next }
        my $expected = body_of($path, $path =~ m{^/v/} ? $variant : '');
        my %head     = ('X-Variant' => $variant);
        my ($first, $last);
        if (rand() < 0.15 && length $expected) {
            $first       = int rand length $expected;
            $last        = $first + int rand(length($expected) - $first);
            $head{Range} = "bytes=$first-$last";
        }
        my $got = eval { $pc->get($path, \%head) };
        if (!$got) { $none++; next }               # its worker was killed
        if ($got->truncated) { $cut++; next }
        next if $path =~ /13$/ && $got->status >= 500;    # the origin cuts these
        $expected = substr $expected, $first, $last - $first + 1 if $got->status == 206 && defined $first;
        $hits++ if ($got->header('x-cache') // '') eq 'HIT';
        if (($got->status == 200 || $got->status == 206) && $got->body eq $expected) { $whole++; next }
        push @wrong, "$path $variant " . $got->status . ' ' . ($head{Range} // '') . ' ' . ($got->header('cache-status') // '') . ' ' . substr($got->body, 0, 99) =~ s/\n/ /gr;
    }
    return join "\n", "$whole $cut $hits $none", @wrong;
}

sub descriptors () { my $sum = 0; $sum += () = glob "/proc/$_/fd/*" for $pc->workers; return $sum }
sub store_size ()  { my $sum = 0; $sum += ((stat)[12] // 0) * 512 for glob "$store/*"; return $sum }
sub pause ($length) { my $end = time + $length; wait_until(sub { time >= $end }, 5) }

$pc->get('/s/1') for 1 .. 40;
my $before = descriptors();
my $until  = time + $seconds;
my @loads  = map { my $id = $_; background(sub { load($id, $until) }) } 1 .. 6;

my ($kills, $flips, $shortages, $over) = (0, 0, 0, 0);
while (time < $until) {
    my $kind = rand;
    my @pids = $pc->workers;
    my $pid  = $pids[rand @pids];
    if ($kind < 0.3) {
        $pid = $pc->keeper if rand() < 0.15;
        next unless $pid;
        $pc->signal(KILL => $pid);
        $kills++;
        wait_until(sub { $pc->workers >= 4 && $pc->keeper }, 20);
    } elsif ($kind < 0.6) {    # bytes on the disk change by themselves
        my ($file) = sort { -s $b <=> -s $a } grep { -f } glob "$store/*";
        next unless $file && -s $file && open my $out, '+<', $file;
        sysseek $out, int rand -s $file, 0;
        syswrite $out, pack 'N', rand 2**32;
        close $out;
        $flips++;
    } elsif ($kind < 0.75 && $pid) {    # every write of one worker to a file fails for a while
        system "prlimit --pid $pid --fsize=4096:unlimited 2>/dev/null";
        pause(0.3);
        system "prlimit --pid $pid --fsize=unlimited:unlimited 2>/dev/null";
        $shortages++;
    } elsif ($kind < 0.8) {
        eval { Control->new($pc)->purge(tag => 'storm') };
    }
    pause(0.1);
    $over++ if store_size() > 64 << 20;
}

my ($whole, $cut, $hits, $none, @wrong) = (0, 0, 0, 0);
for my $load (@loads) {
    my ($line, @bad) = split /\n/, $load->result;
    my @n = split ' ', $line;
    $whole += $n[0], $cut += $n[1], $hits += $n[2], $none += $n[3];
    push @wrong, @bad;
}
diag "SEED=$seed: $whole whole, $hits of them hits, $cut cut, $none without an answer; $kills kills, $flips changed words, $shortages shortages"
  if $ENV{EXTENDED} || @wrong;
cmp_ok $whole, '>', 10 * $seconds, 'most requests were answered';
cmp_ok $hits,  '>', $whole / 20,   'many from the cache';
is scalar(@wrong), 0, 'none wrongly' or diag join "\n", @wrong[0 .. ($#wrong > 9 ? 9 : $#wrong)];
is $over, 0, 'the store never grew over its limit';

# Quiet again: it serves, and has let go of everything.
ok wait_until(sub { my $r = eval { $pc->get('/s/1') }; $r && ($r->header('x-cache') // '') eq 'HIT' }, 20), 'the cache serves';
ok wait_until(sub { descriptors() <= $before + 64 }, 20), 'no descriptor is left behind' or diag descriptors(), " of $before";
my $kept = grep { my $path = "/fresh/$_-"; wait_until(sub { my $r = eval { $pc->get($path) }; $r && ($r->header('x-cache') // '') eq 'HIT' }, 5) } 1 .. 60;
is $kept, 60, 'there is room and a turn for new objects: no pin and no lock is held for ever';
ok $pc->is_alive($pc->master), 'the master lives';

done_testing;
