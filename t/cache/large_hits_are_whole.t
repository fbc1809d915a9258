# A body of which pages go out by reference is the same byte by byte: whole, in parts, slowly, one after the other, of unknown length.
use lib 't/lib';
use Proxycache;

sub pattern ($size) { my $text = join '', map { sprintf '%07d;', $_ } 0 .. $size / 8; substr $text, 0, $size }

my $origin = Origin->new(sub ($request) {
    my ($way, $size) = $request->target =~ m{^/(\w+)/(\d+)} or return [404, {}, ''];
    return {status => 200, headers => {'Cache-Control' => 'max-age=600', ETag => '"v"'}, body => pattern($size), chunked => $way eq 'chunked'};
});
my $pc = Proxycache->start(origin => $origin, workers => 1, http => 'proxy_cache_path cache keys_zone=one:1m memory=64m disk=off;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
    location /slowly/ { proxy_pass http://%%origin%%; proxy_cache one; limit_rate 2m; limit_rate_after 64k; }
    location /corked/ { proxy_pass http://%%origin%%; proxy_cache one; tcp_nopush on; }
E

for my $target (map { ("/sized/$_", "/chunked/$_") } 4097, 32768, 36864, 65535, 65536, 102400, 3_000_001) {
    my ($size) = $target =~ /(\d+)/;
    ok wait_until(sub { $pc->get($target)->header('x-cache') eq 'HIT' }, 10), "$target is stored";
    ok $pc->get($target)->body eq pattern($size), 'whole';
}
my $size = 3_000_001;
my $text = pattern($size);
for my $target ("/sized/$size", "/chunked/$size") {
    for my $range ([0, 0], [1, 40000], [4096, 65535], [100_001, 2_000_000], [$size - 50_000, $size - 1]) {
        my ($first, $last) = @$range;
        my $part = $pc->get($target, {Range => "bytes=$first-$last"});
        is $part->status, 206, "$target from $first to $last";
        ok $part->body eq substr($text, $first, $last - $first + 1), 'its bytes';
    }
    my $client = $pc->connect('listen', rcvbuf => 4096);
    $client->write("GET $target HTTP/1.1\r\nHost: localhost\r\n\r\n" x 3);
    ok $client->read_response->body eq $text, 'one of three in a row' for 1 .. 3;
}
for my $target ('/slowly/500000', '/corked/500000') {
    ok wait_until(sub { $pc->get($target)->header('x-cache') eq 'HIT' }, 10), "$target is stored";
    ok $pc->get($target)->body eq pattern(500_000), 'whole';
}
done_testing;
