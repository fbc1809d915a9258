# Each kind of purge, over the control socket: when the answer is there, no worker serves what was purged. Four workers.
use lib 't/lib';
use Proxycache;
use Control;
use JSON::PP ();

my $yes    = JSON::PP::true;
my $origin = Origin->new(
    sub ($request) {
        my ($tag) = $request->{target} =~ m{^/(\w+)};
        [200, {'Cache-Control' => 'max-age=600', 'Surrogate-Key' => "all-of-it $tag"}, "body of $request->{target}"];
    }
);
my $pc = Proxycache->start(
    origin  => $origin,
    workers => 4,
    conf    => 'control unix:run/proxycache.sock;',
    http    => 'proxy_cache_path cache keys_zone=one:1m;',
    server  => 'add_header X-Pid $pid; location / { proxy_pass http://%%origin%%; proxy_cache one; }'
);
my $control = Control->new($pc);
my @targets = map { ("/red/$_", "/blue/$_") } 1 .. 5;
my %pids;

# Asks on several connections until two workers have answered, so that the order is tried in more than the first that sees it.
sub states ($target) {
    my @clients = map { $pc->connect } 1 .. 6;
    my @states;
    for my $client (@clients) {
        my $response = $client->ask(GET => $target);
        $pids{$response->header('x-pid')}++;
        push @states, $response->header('x-cache');
    }
    return @states;
}
sub state_of ($target) { $pc->get($target)->header('x-cache') }
sub fill () { $pc->get($_) for @targets }

# The first to ask fetches; nobody gets what was stored before, which the origin would see as fewer fetches.
sub is_purged ($what, @which) {
    for my $target (@which) {
        my $before = $origin->requests;
        my @states = states($target);
        is $states[0], 'MISS', "$what: $target is fetched anew";
        is $origin->requests, $before + 1, "$what: and once";
    }
}

fill();
states('/red/1');
my ($base) = $control->get('/cache/one/objects?limit=1')->{json}{objects}[0]{key} =~ m{^(http://[^/]+)};

my $answer = $control->purge(url => "$base/red/1");
is $answer->{status},       200, 'by URL';
is $answer->{json}{purged}, 1,   'the answer tells how many';
is_purged('by URL', '/red/1');
is state_of('/red/2'), 'HIT', 'nothing else went';
is $control->purge(url => "$base/none")->{json}{purged}, 0, 'none is none';

$answer = $control->purge(tag => 'red', dry_run => $yes);
is $answer->{json}{would_purge}, 5, 'a dry run counts';
is state_of('/red/3'), 'HIT', 'and changes nothing';

$answer = $control->purge(tag => 'red');
ok !exists $answer->{json}{purged}, 'by tag the order does not wait for a count';
is_purged('by tag', map { "/red/$_" } 1 .. 5);
is state_of('/blue/1'), 'HIT', 'another tag stays';

is $control->purge(prefix => "$base/blue/", count => $yes)->{json}{purged}, 5, 'by prefix, counted';
is_purged('by prefix', map { "/blue/$_" } 1 .. 5);
is state_of('/red/1'), 'HIT', 'another prefix stays';

$control->purge(regex => '/(red|blue)/[12]$');
is_purged('by expression', '/red/1', '/blue/2');
is state_of('/red/3'), 'HIT', 'what does not match stays';

$control->purge(tag => 'blue', soft => $yes);
isnt state_of('/blue/3'), 'HIT', 'softly: not fresh any more';
is state_of('/red/3'), 'HIT', 'another tag is';

$control->purge(all => $yes);
is_purged('everything', @targets);
is state_of('/red/1'), 'HIT', 'what was fetched afterwards is used';

ok keys %pids >= 2, 'at least two workers took part';
done_testing;
