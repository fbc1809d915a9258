# Listings, counts, verify and sweeps see what is on the disk only; what was purged softly is stale after a restart, not gone.
use lib 't/lib';
use Proxycache;
use Control;

my $origin = Origin->new(
    sub ($request) {
        my $tag    = $request->header('if-none-match') // '';
        my $fields = {'Cache-Control' => 'max-age=600', ETag => '"1"', 'Surrogate-Key' => $request->path =~ /red/ ? 'red' : 'blue', 'X-Asked' => $tag};
        return [304, $fields, ''] if $tag eq '"1"';
        [200, $fields, $request->path x 1000];
    }
);
my $pc = Proxycache->start(
    origin  => $origin,
    workers => 2,
    conf    => 'control unix:run/proxycache.sock;',
    http    => 'proxy_cache_path cache keys_zone=one:1m max_size=64m;',
    server  => 'location / { proxy_pass http://%%origin%%; proxy_cache one; }'
);
my $control = Control->new($pc);
$pc->wait_log(qr{loaded, \d+ objects});
my %same = (Host => 'a.test');
$pc->get($_, \%same) for (map { "/red$_" } 1 .. 9), (map { "/blue$_" } 1 .. 9), '/soft';
is $control->purge(url => 'http://a.test/soft', soft => \1)->{status}, 200, 'one is purged softly';
$pc->stop;
$pc->launch;
wait_until(sub { my @loaded = $pc->error_log =~ /loaded, \d+ objects/g; @loaded == 2 });

my $list = $control->get('/cache/one/objects')->{json}{objects};
is scalar(@$list), 19, 'all are listed';
is $list->[0]{memory}, 0, 'though nothing is in memory';
is $list->[0]{key}, 'http://a.test/blue1', 'by their keys';
is $list->[0]{status}, 200, 'with what is known of them';
my $object = $control->get('/cache/object?url=http://a.test/red3')->{json}{variants}[0];
is $object->{size}, 5000, 'one by its URL';
ok $object->{disk}, 'on the disk';
is scalar(grep { /"key"/ } split /\n/, $control->get('/cache/export?zone=one')->{body}), 19, 'exported';
is $control->ask(POST => '/cache/purge', {tag => 'red', dry_run => \1})->{json}{would_purge}, 9, 'counted by tag';
is $control->ask(POST => '/cache/purge', {tag => 'red', count => \1})->{json}{purged}, 9, 'purged by tag';
is $pc->get('/red1', \%same)->header('x-cache'), 'MISS', 'one of them is gone';
is $pc->get('/blue1', \%same)->header('x-cache'), 'HIT', 'one of the others is not';
my $soft = $pc->get('/soft', \%same);
is $soft->header('x-cache'), 'REVALIDATED', 'what was purged softly before the restart is validated';
is $soft->header('x-asked'), '"1"', 'with its tag';

my $verify = $control->ask(POST => '/cache/verify')->{json};
ok $verify->{sound}, 'what lies on the disk is sound';
ok $verify->{zones}[0]{disk}{objects} >= 19, 'all of it was read';
$pc->stop;
open my $file, '+<:raw', "$pc->{prefix}/cache/regions" or die $!;
my $bytes = do { local $/; <$file> };
my $at    = index $bytes, '/blue5' x 100;
ok $at > 0, 'a body is found in the file';
seek $file, $at, 0;
print $file 'damaged';
close $file;
$pc->launch;
wait_until(sub { my @loaded = $pc->error_log =~ /loaded, \d+ objects/g; @loaded == 3 });
$verify = $control->ask(POST => '/cache/verify')->{json};
ok !$verify->{sound}, 'damage is found' or diag explain $verify;
is $verify->{zones}[0]{disk}{damaged}, 1, 'one record';
my $tool = ($ENV{PROXYCACHE} // 'objs/proxycache') . 'ctl';
SKIP: {
    skip 'the tool is not built', 2 unless -x $tool;
    like qx{$tool -s $pc->{prefix}/run/proxycache.sock cache verify}, qr/^one: 1 damaged/, 'proxycachectl cache verify';
    my @lines = qx{$tool -s $pc->{prefix}/run/proxycache.sock cache ls one};
    is scalar(grep { m{/blue\d$} } @lines), 8, 'cache ls leaves out what cannot be read';
}
isnt $pc->get('/blue5', \%same)->header('x-cache'), 'HIT', 'and it is not used';
done_testing;
