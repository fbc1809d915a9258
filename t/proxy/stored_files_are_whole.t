# proxy_store: complete answers become files, with the answer's Last-Modified and proxy_store_access; what ends early, is no 200 or
# is asked for with another method leaves nothing.
use lib 't/lib';
use Proxycache;

my $modified = 'Sun, 06 Nov 1994 08:49:37 GMT';
my $origin   = Origin->new(
    sub ($request) {
        my $path = $request->path;
        return {raw => ["HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst", ['close']]} if $path =~ /cut/;
        return {raw => ["HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst", [wait => 'rest'], ' half']} if $path =~ /slow/;
        return [404, {}, 'no such'] if $path =~ /missing/;
        return [200, {}, ''] if $path =~ /empty/;
        return {headers => {'Last-Modified' => $modified}, body => [[bytes => 3_000_000]], chunked => 1} if $path =~ /large/;
        [200, {'Last-Modified' => $modified}, "text of $path"];
    }
);
my $pc = Proxycache->prepare(origin => $origin, workers => 4, server => <<'E');
    root files;
    location / { proxy_pass http://%%origin%%; proxy_store on; proxy_store_access user:rw group:rw all:r; }
    location /by-name/ { proxy_pass http://%%origin%%; proxy_store %%prefix%%/named$uri.txt; }
    location /off/ { proxy_pass http://%%origin%%; }
    location /small/ { proxy_pass http://%%origin%%; proxy_store on; proxy_buffering off; }
E
my $prefix = $pc->{prefix};
for my $folder ('files', 'named') { mkdir "$prefix/$folder"; chmod 0777, "$prefix/$folder" }    # workers write there
$pc->launch;
my $is_there = sub ($name) { wait_until(sub { -e "$prefix/$name" }, 10) };
my $text = sub ($name) { open my $file, '<:raw', "$prefix/$name" or return; local $/; <$file> };

is $pc->get('/a/b.txt')->body, 'text of /a/b.txt', 'the client gets it';
ok $is_there->('files/a/b.txt'), 'and it becomes a file, with the folders it needs';
is $text->('files/a/b.txt'), 'text of /a/b.txt', 'of the same bytes';
my @stat = stat "$prefix/files/a/b.txt";
is $stat[9], 784111777, 'as old as the answer says';
is sprintf('%o', $stat[2] & 0777), '664', 'for those it is meant for';
$pc->get('/by-name/c');
ok $is_there->('named/by-name/c.txt'), 'a path with variables';
is sprintf('%o', (stat "$prefix/named/by-name/c.txt")[2] & 0777), '600', 'its owner only, by default';

is length $pc->get('/large')->body, 3_000_000, 'more than memory holds';
ok $is_there->('files/large'), 'is stored too';
is -s "$prefix/files/large", 3_000_000, 'whole, without chunks';
is length $pc->get('/small/large')->body, 3_000_000, 'unbuffered';
ok $is_there->('files/small/large') && -s _ == 3_000_000, 'the same';
$pc->get('/empty');
ok $is_there->('files/empty'), 'also what has no bytes';

my $client = $pc->connect;
$client->request(GET => '/slow')->read_until('first');
ok !-e "$prefix/files/slow", 'nobody sees a part';
$origin->release('rest');
is $client->read_bytes(5), ' half', 'the rest comes';
ok $is_there->('files/slow'), 'then it is there';

$pc->get($_) for '/cut', '/missing';
$pc->head('/head');
$pc->post('/post', 'x');
$pc->get('/off/x');
$pc->get('/last');
ok $is_there->('files/last'), 'one after all those';
ok !-e "$prefix/files$_", "$_ is not stored" for '/cut', '/missing', '/head', '/post', '/off/x';
ok wait_until(sub { my @left = grep { -f } glob "$prefix/proxy_temp/*"; !@left }, 10), 'no temporary file is left';

my $both = Proxycache->run(args => ['-t'], conf => <<'E');
events {} http { proxy_cache_path cache keys_zone=one:1m; server { listen 127.0.0.1:1; location / { proxy_pass http://127.0.0.1:1; proxy_cache one; proxy_store on; } } }
E
like $both->{err}, qr/"proxy_store" is incompatible with "proxy_cache"/, 'one or the other';
my $bad = Proxycache->run(args => ['-t'], conf => 'events {} http { proxy_store_access user:x; }');
like $bad->{err}, qr/invalid value "user:x"/, 'rights are r and rw';
done_testing;
