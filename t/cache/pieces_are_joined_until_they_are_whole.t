# A 206 to a range that was passed on is stored as an incomplete response (RFC 9111 section 3.3), joined with others of the same strong ETag
# (section 3.4), used for what it covers, and complete when nothing is missing; for all workers.
use lib 't/lib';
use Proxycache;

my $text   = 'abcdefghijklmnopqrst';
my $origin = Origin->new(
    sub ($request) {
        my $path   = $request->path;
        my $etag   = $path =~ /weak/ ? 'W/"a"' : $path =~ /changing/ ? '"' . $request->number . '"' : '"a"';
        my $fields = {ETag => $etag, 'Cache-Control' => 'max-age=60', X => $request->number};
        $fields->{'Cache-Control'} = 'no-store' if $path =~ /nostore/;
        $fields->{Vary}            = 'X-Any'    if $path =~ /vary/;
        my ($first, $last) = ($request->header('range') // '') =~ /^bytes=(\d+)-(\d+)$/ or return [200, $fields, $text];
        return [206, {%$fields, 'Content-Range' => "bytes $first-$last/20"}, substr $text, $first, $last - $first + 1];
    }
);
my $pc = Proxycache->start(origin => $origin, workers => 4, http => 'proxy_cache_path cache keys_zone=one:1m;', server => <<'E');
    add_header X-Pid $pid;
    location / { proxy_pass http://%%origin%%; proxy_cache one; proxy_cache_max_range_offset 0; proxy_cache_purge PURGE; }
E
sub part ($path, $first, $last) {
    my $answer = $pc->get($path, {Range => "bytes=$first-$last"});
    is $answer->status, 206, "$path $first-$last is a part";
    is $answer->body, substr($text, $first, $last - $first + 1), 'of these bytes';
    is $answer->header('content-range'), "bytes $first-$last/20", 'and says so';
    return $answer->header('x-cache');
}

is part('/a', 5, 9), 'MISS', 'fetched';
my %pids;
wait_until(sub { $pids{$pc->get('/a', {Range => 'bytes=6-8'})->header('x-pid')}++; keys %pids >= 2 }, 20);
cmp_ok scalar(keys %pids), '>=', 2, 'several processes';
is scalar($origin->requests), 1, 'answer what it covers from it';
is part('/a', 6, 8), 'HIT', 'as a hit';
is part('/a', 10, 12), 'MISS', 'the next piece';
is part('/a', 7, 11), 'HIT', 'is joined to it';
is part('/a', 3, 6), 'MISS', 'one that overlaps';
is part('/a', 3, 12), 'HIT', 'too';
is $pc->get('/a', {Range => 'bytes=3-4'})->header('x'), $origin->request->header('range') eq 'bytes=3-6' ? 3 : 0, 'with the fields of the newest';
is part('/a', 3, 4), 'HIT', 'the front';
is $pc->get('/a', {Range => 'bytes=3-4', 'If-Range' => '"a"'})->header('x-cache'), 'HIT', 'If-Range holds';
is part('/a', 0, 4), 'MISS', 'the beginning';
is part('/a', 12, 19), 'MISS', 'the end';
my $whole = $pc->get('/a');
is $whole->header('x-cache'), 'HIT', 'now it is whole';
is $whole->status, 200, 'and complete';
is $whole->body, $text, 'with all bytes';
is $whole->header('content-range'), undef, 'and no range';
is part('/a', 0, 19), 'HIT', 'ranges come from it';

is part('/surrounded', 5, 6), 'MISS', 'a small piece';
is part('/surrounded', 3, 9), 'MISS', 'within a larger one';
is part('/surrounded', 3, 9), 'HIT', 'gives way to it';
is part('/apart', 0, 1), 'MISS', 'a piece';
is part('/apart', 10, 11), 'MISS', 'one that is not next to it';
is part('/apart', 10, 11), 'HIT', 'takes its place';
is part('/apart', 0, 1), 'MISS', 'without joining';
is part('/changing', 0, 4), 'MISS', 'a piece';
is part('/changing', 5, 9), 'MISS', 'of another representation';
is part('/changing', 4, 9), 'MISS', 'is not joined';
for my $path ('/weak', '/nostore', '/vary') { is part($path, 0, 4), 'MISS', "$path is not kept" for 1 .. 2 }

is part('/b', 0, 4), 'MISS', 'a piece';
is $pc->get('/b')->body, $text, 'never answers who wants the whole';
is $pc->get('/b')->header('x-cache'), 'HIT', 'which takes its place';
is part('/c', 0, 4), 'MISS', 'a piece';
is $pc->request('PURGE', '/c')->status, 200, 'can be purged';
is part('/c', 0, 4), 'MISS', 'and is gone';
$pc->post('/c', 'x');
is part('/c', 0, 4), 'MISS', 'as after an unsafe request';
done_testing;
