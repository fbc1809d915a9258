# A body turns out too large for the zone while others read it: its first reader gets it from the origin as it comes, the others
# go on by Range and If-Range from where they stand.
use lib 't/lib';
use Proxycache;

my $size   = 4 << 20;
my $origin = Origin->new(
    sub ($request) {
        if (my ($from) = ($request->header('range') // '') =~ /^bytes=(\d+)-$/) {
            my $left = $size - $from;
            my $text = join '', map { chr(97 + $_ % 65536 % 26) } $from .. ($from | 65535);
            return {status => 206, headers => {ETag => '"a"', 'Content-Range' => "bytes $from-" . ($size - 1) . "/$size"}, body => [$text, [bytes => $left - length $text]]};
        }
        return {headers => {ETag => '"a"', 'Cache-Control' => 'max-age=60'}, chunked => 1, body => [[bytes => 65536], [wait => 'more'], [bytes => $size - 65536]]};
    }
);
my $pc = Proxycache->start(origin => $origin, http => 'proxy_cache_path cache keys_zone=one:1m memory=1m disk=off;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; proxy_buffering off; }
E
sub start ($client) { $client->request(GET => '/a'); my $head = $client->read_head; return $head }

my @clients = map { $pc->connect('listen', timeout => 20) } 1 .. 3;
my @heads   = map { start($_) } @clients;
is scalar($origin->requests), 1, 'one fetch';
$origin->release('more');
my $whole = join '', map { chr(97 + $_ % 65536 % 26) } 0 .. 65535;
$whole x= $size / 65536;
for my $i (0 .. 2) {
    $clients[$i]->read_body($heads[$i]);
    is length $heads[$i]->body, $size, "reader $i gets all";
    ok $heads[$i]->body eq $whole, "reader $i gets the right bytes";
}
is scalar(grep { $_->header('range') } $origin->requests), 2, 'two asked for the rest';
is_deeply [grep { $_ ne '"a"' } map { $_->header('if-range') } grep { $_->header('range') } $origin->requests], [], 'of the same representation';
done_testing;
