# The worker that fetches is killed in the middle of a body: readers in other workers go on from where they stand, by Range and
# If-Range on a strong ETag. Without one, or when the origin has something else by now, they are cut off: half is never all.
use lib 't/lib';
use Proxycache;

my %etag = ('/strong' => '"a"', '/chunked' => '"a"', '/weak' => 'W/"a"', '/changed' => '"a"', '/other' => '"a"');
my $origin = Origin->new(
    sub ($request) {
        my $path = $request->path;
        if (my ($from) = ($request->header('range') // '') =~ /^bytes=(\d+)-/) {
            return [200, {ETag => '"b"', 'Cache-Control' => 'max-age=60'}, 'other bytes'] if $path eq '/changed';
            return [206, {ETag => '"a"', 'Content-Range' => 'bytes 0-9/10'}, 'first half'] if $path eq '/other';
            return [206, {ETag => '"a"', 'Content-Range' => "bytes $from-9/10"}, substr 'first half', $from];
        }
        my $length = $path eq '/chunked' ? 'Transfer-Encoding: chunked' : 'Content-Length: 10';
        my $first  = $path eq '/chunked' ? "5\r\nfirst\r\n"              : 'first';
        my $etag   = $etag{$path} ? "ETag: $etag{$path}\r\n" : '';
        return {raw => ["HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n$etag$length\r\n\r\n$first", [wait => 'never']]};
    }
);
my $pc = Proxycache->start(origin => $origin, workers => 4, expect => qr/signal 9/, http => 'proxy_cache_path cache keys_zone=one:1m;', server => <<'E');
    location = /pid { return 200 $pid; }
    location / { proxy_pass http://%%origin%%; proxy_cache one; proxy_set_header X-Pid $pid; proxy_cache_lock_timeout 60s; proxy_cache_lock_age 60s; }
E

# Readers in all workers, each of which has the first half; then the filler is killed. Returns those it leaves.
sub readers_without_filler ($path) {
    my (@clients, %pids);
    wait_until(
        sub {
            my $client = $pc->connect;
            my $answer = $client->ask(GET => '/pid') // return 0;
            $pids{$answer->body}++;
            push @clients, [$client, $answer->body];
            return keys %pids == 4;
        },
        20
    ) or die 'four workers answer';
    my $before = $origin->requests;
    $_->[0]->request(GET => $path) for @clients;
    $_->[0]->read_until('first') for @clients;
    is scalar($origin->requests), $before + 1, "$path: one fetch";
    my $filler = $origin->request->header('x-pid');
    $pc->signal('KILL', $filler);
    return grep { $_->[1] != $filler } @clients;
}

for my $path ('/strong', '/chunked') {
    my @left = readers_without_filler($path);
    is scalar(grep { $_->[0]->read_until(' half') } @left), scalar(@left), "$path: all others get the rest";
    is scalar(grep { $_->[0]->read_until("0\r\n\r\n") } @left), scalar(@left), "$path: and the end" if $path eq '/chunked';
    cmp_ok scalar(keys %{{map { $_->[1] => 1 } @left}}), '>=', 2, "$path: in several processes";
    is scalar(grep { $_->[0]->ask(GET => '/pid')->status == 200 } @left), scalar(@left), "$path: the connections are sound";
    like $origin->request->header('range'), qr/^bytes=5-/, "$path: only the rest was fetched";
    is $origin->request->header('if-range'), '"a"', "$path: of the same representation";
}
for my $path ('/weak', '/none', '/changed', '/other') {
    my @left = readers_without_filler($path);
    is_deeply [map { $_->[0]->read_all =~ s/^\r\n//r } @left], [map { '' } @left], "$path: no byte more";
    my @asked = grep { $_->path eq $path && defined $_->header('range') } $origin->requests;
    is scalar(@asked), 0, "$path: nothing is asked for" if $path =~ /weak|none/;
}

done_testing;
