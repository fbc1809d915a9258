# RFC 9218: the more urgent answer goes first; of the same urgency one after the other, or by turns where they are
# incremental. The Priority field of the request says it, PRIORITY_UPDATE changes it, the origin's Priority has the last word.
use lib 't/lib';
use Proxycache;
use Http2;
use Http2Client;

my $size   = 50_000;
my $origin = Origin->new(sub ($request) {
    my ($said) = $request->target =~ /said=(.*)/;
    return [200, {'Cache-Control' => 'max-age=60', $said ? (Priority => $said =~ s/%20/ /gr) : ()}, 'x' x $size];
});
my $pc = Proxycache->start(origin => $origin, http => <<'H');
    proxy_cache_path %%prefix%%/cache keys_zone=z:1m;
    server { listen %%listen%%; http2 on; location / { proxy_pass http://%%origin%%; proxy_cache z; } }
H

# The streams in the order of their DATA, as letters, when all windows open at once. Each answer: [path, priority, update].
sub order (@answers) {
    my $c = Http2Client->new($pc->connect, settings => [INITIAL_WINDOW_SIZE, 0], window => 1 << 24, gives => 0);
    my @ids = map { $c->request(GET => $_->[0], {$_->[1] ? (priority => $_->[1]) : ()}) } @answers;
    $c->until(sub { $c->stream($ids[$_])->{status} }) for 0 .. $#ids;
    for (0 .. $#ids) {
        $c->write(Http2::frame(0x10, 0, 0, pack('N', $ids[$_]) . $answers[$_][2])) if $answers[$_][2];
    }
    $c->write(Http2::settings(INITIAL_WINDOW_SIZE, $size));
    $c->response_of($_) for @ids;
    my %letter = map { $ids[$_] => chr(ord('a') + $_) } 0 .. $#ids;
    return join '', map { $letter{$_} } $c->{order}->@*;
}
$pc->get($_) for '/', '/?said=u=0', '/?said=u=7';    # what follows is from the cache
like order(['/', 'u=5'], ['/', 'u=1']), qr/^b+a+$/, 'the more urgent one first';
like order(['/', 'u=1'], ['/']), qr/^a+b+$/, 'more urgent than one that says nothing';
like order(['/'], ['/'], ['/']), qr/^a+b+c+$/, 'alike: one after the other';
like order(['/', 'i'], ['/', 'i']), qr/^(ab){3}|^(ba){3}/, 'incremental: by turns';
like order(['/', 'u=1'], ['/', 'u=5', 'u=0']), qr/^b+a+$/, 'PRIORITY_UPDATE changes it';
like order(['/', 'u=3'], ['/?said=u=0', 'u=6']), qr/^b+a+$/, 'the origin makes it more urgent';
like order(['/?said=u=7', 'u=3'], ['/', 'u=4']), qr/^b+a+$/, 'or less';
done_testing;
