# X-Accel-Redirect: an internal location answers, with some fields of the first answer; proxy_ignore_headers passes it by.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) {
    return [200, {'X-Accel-Redirect' => '/files/a%20b.txt', 'Set-Cookie' => 's=1', 'Content-Disposition' => 'attachment', 'X-Other' => 'gone', 'Content-Type' => 'text/x-own'}, 'not this'] if $request->target =~ /^.(file|ignored)/;
    return [200, {'X-Accel-Redirect' => '@named'}, 'by name'] if $request->target eq '/named';
    return [200, {'X-Accel-Redirect' => '/../x'}, '']  if $request->target eq '/bad';
    return [200, {}, 'from ' . $request->target];
});
my $pc = Proxycache->start(origin => $origin, server => <<'E');
    location /         { proxy_pass http://%%origin%%; }
    location /ignored  { proxy_pass http://%%origin%%; proxy_ignore_headers X-Accel-Redirect; }
    location /files/   { internal; root %%prefix%%/html; }
    location @named    { proxy_pass http://%%origin%%; proxy_ignore_headers X-Accel-Redirect; }
E
mkdir $pc->{prefix} . '/html/files';
$pc->write_file('html/files/a b.txt', 'the file');
my $response = $pc->get('/file');
is $response->status, 200, 'status';
is $response->body, 'the file', 'the file';
is $response->header('set-cookie'), 's=1', 'Set-Cookie';
is $response->header('content-disposition'), 'attachment', 'Content-Disposition';
is $response->header('x-other'), undef, 'nothing else';
is $response->header('x-accel-redirect'), undef, 'nor itself';
is $pc->get('/files/a%20b.txt')->status, 404, 'not from outside';
is $pc->get('/ignored')->body, 'not this', 'ignored';
is $pc->get('/named')->body, 'by name', 'a named location';
is $pc->get('/bad')->status, 404, 'above the root';
done_testing;
