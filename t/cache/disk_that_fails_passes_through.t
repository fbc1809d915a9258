# The file system fills up while large objects go to the disk: the clients get every byte, nothing is a 5xx; with room again objects are stored again.
use lib 't/lib';
use Proxycache;

my $size   = 8_000_000;
my $origin = Origin->new(
    sub ($request) {
        my $head = "HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\n";
        my @body = ([bytes => $size / 2], [wait => 'rest'], [bytes => $size / 2]);
        return {raw => ["${head}Connection: close\r\n\r\n", @body, ['close']]} if $request->path =~ /unknown/;
        return {raw => ["${head}Content-Length: $size\r\n\r\n", @body]} if $request->path =~ /known/;
        [200, {'Cache-Control' => 'max-age=600'}, $request->path x 1000]
    }
);
my $pc = Proxycache->prepare(origin => $origin, workers => 2, http => 'proxy_cache_path cache keys_zone=one:1m memory=1m max_size=256m;', server => <<'E');
    location / { proxy_pass http://%%origin%%; proxy_cache one; }
    location /known/right { proxy_pass http://%%origin%%; }
E
my $folder = $pc->path('cache');
mkdir $folder;
plan skip_all => 'cannot mount a small file system' if system "mount -t tmpfs -o size=40m,mode=0777 none $folder 2>/dev/null";
END { system "umount -l $folder" if $folder }
$pc->launch;
$pc->wait_log(qr{loaded, \d+ objects});    # the store is in use
my $junk = "$folder/junk";
my $fill = sub { system "dd if=/dev/zero of=$junk bs=64k 2>/dev/null" };

$origin->release('rest');
my $right = $pc->get('/known/right')->body;
is length $right, $size, 'what is right';
for my $path ('/known', '/unknown') {
    my $client = $pc->connect;
    $client->request(GET => $path);
    my $head = $client->read_head;
    $origin->wait_held('rest', 1);
    $fill->();
    $origin->release('rest');
    $client->read_body($head);
    ok $head->body eq $right, "$path: every byte arrives";
    $client->close;
    $origin->release('rest');
    my $again = $pc->get("$path/again");
    is $again->status, 200, "$path: and of the next, which cannot be stored";
    ok $again->body eq $right, 'too';
    unlink $junk;
}
$fill->();
my $wrong = 0;
for my $n (1 .. 200) { my $response = $pc->get("/small/$n"); $wrong++ if $response->status != 200 || $response->body ne "/small/$n" x 1000 }
is $wrong, 0, 'small objects suffer nothing';
unlink $junk;
my $n = 0;
ok wait_until(sub { $origin->release('rest'); my $path = '/known/later' . int $n++ / 3; $pc->get($path)->header('x-cache') eq 'HIT' }, 40), 'when there is room again, large objects are stored again';

done_testing;
