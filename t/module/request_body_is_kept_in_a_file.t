# client_body_in_file_only: the body is in a file that stays, or goes with the request; the origin gets all of it.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {'X-File' => $request->header('X-File') // ''}, $request->body] });
my $pc = Proxycache->start(origin => $origin, http => 'log_format b "$uri [$request_body] $request_body_file";', server => <<'E2');
    access_log logs/b.log b;
    client_body_temp_path bodies;
    location /small/ { proxy_pass http://%%origin%%; }
    location /large/ { client_body_buffer_size 4k; client_max_body_size 0; proxy_pass http://%%origin%%; }
    location /on/    { client_body_in_file_only on; proxy_set_header X-File $request_body_file; proxy_pass http://%%origin%%; }
    location /clean/ { client_body_in_file_only clean; proxy_set_header X-File $request_body_file; proxy_pass http://%%origin%%; }
E2
my $prefix = $pc->prefix;
is $pc->post('/small/', 'body')->body, 'body';
ok $pc->wait_for(sub { $pc->read_file('logs/b.log') =~ m{^/small/ \[body\] -$}m }), 'in memory: $request_body';
my $large = join '', map { "line $_\n" } 1 .. 200_000;
ok $pc->post('/large/', $large)->body eq $large, 'a large one comes through';
ok $pc->wait_log(qr{\[warn\] .*a client request body is buffered to a temporary file $prefix/bodies/\d{10}}), 'by a file';
my $file = $pc->post('/on/', 'kept')->header('X-File');
like $file, qr{^$prefix/bodies/\d{10}$}, '$request_body_file';
is $pc->read_file($file), 'kept', 'it stays';
my $clean = $pc->post('/clean/', 'gone')->header('X-File');
ok $pc->wait_for(sub { !-e $clean }), 'clean: it goes';
is scalar(() = glob "$prefix/bodies/*"), 1, 'nothing else is left';
done_testing;
