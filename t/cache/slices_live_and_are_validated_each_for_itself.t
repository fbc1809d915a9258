# The parts of slice are responses of their own: proxy_cache_valid 206 gives them a lifetime, what is stale is validated with its ETag
# and its range, and a part that its filler does not finish is gone on with by Range.
use lib 't/lib';
use Proxycache;

my $text   = 'abcdefghijklmnopqrstuvwxy';
my $origin = Origin->new(
    sub ($request) {
        my $path = $request->path;
        my ($first, $last) = ($request->header('range') // '') =~ /^bytes=(\d+)-(\d+)$/ or return [500, {}, 'no range'];
        $last = 24 if $last > 24;
        my $fields = {ETag => '"a"', 'Content-Range' => "bytes $first-$last/25"};
        $fields->{'Cache-Control'} = 'max-age=0' if $path eq '/stale';
        return [304, $fields] if ($request->header('if-none-match') // '') eq '"a"';
        my $part = substr $text, $first, $last - $first + 1;
        return [206, $fields, $part] if $path ne '/held' || $first % 10;
        my $head = join '', map { "$_: $fields->{$_}\r\n" } sort keys %$fields;
        return {raw => ["HTTP/1.1 206 Partial Content\r\nContent-Length: " . length($part) . "\r\n$head\r\n" . substr($part, 0, 4), [wait => 'never']]};
    }
);
my $pc = Proxycache->start(origin => $origin, workers => 4, expect => qr/signal 9/, http => 'proxy_cache_path cache keys_zone=one:1m;', server => <<'E');
    location = /pid { return 200 $pid; }
    location / {
        slice 10; proxy_pass http://%%origin%%; proxy_cache one; proxy_cache_key $uri$slice_range; proxy_cache_valid 206 1h;
        proxy_set_header Range $slice_range; proxy_set_header X-Pid $pid; proxy_cache_lock_timeout 60s; proxy_cache_lock_age 60s;
    }
E

is $pc->get('/valid')->body, $text, 'three parts' for 1 .. 2;
is scalar($origin->requests), 3, 'live as long as proxy_cache_valid 206 says';
is $pc->get('/stale')->body, $text, 'those that are stale' for 1 .. 2;
my @asked = map { [$_->header('range'), $_->header('if-none-match')] } grep { $_->path eq '/stale' } $origin->requests;
is_deeply \@asked, [(map { [$_, undef] } qw(bytes=0-9 bytes=10-19 bytes=20-29)), (map { [$_, '"a"'] } qw(bytes=0-9 bytes=10-19 bytes=20-29))], 'are validated one by one';

# The worker that fetches a part is killed in the middle of it.
my (@clients, %pids);
wait_until(
    sub {
        my $client = $pc->connect;
        my $pid    = $client->ask(GET => '/pid')->body;
        push @clients, [$client, $pid];
        return ++$pids{$pid} && keys %pids >= 3;
    },
    20
);
$_->[0]->request(GET => '/held', {Range => 'bytes=10-19'}) for @clients;
$_->[0]->read_until('klmn') for @clients;
my $filler = $origin->request->header('x-pid');
$pc->signal('KILL', $filler);
my @left = grep { $_->[1] != $filler } @clients;
is_deeply [map { $_->[0]->read_bytes(6) } @left], [('opqrst') x @left], 'readers in other workers get the rest of it';
cmp_ok scalar(keys %{{map { $_->[1] => 1 } @left}}), '>=', 2, 'in several processes';
is_deeply [map { $_->header('range') } grep { $_->path eq '/held' && defined $_->header('if-range') } $origin->requests], [('bytes=14-19') x @left], 'by a range of the whole';
done_testing;
