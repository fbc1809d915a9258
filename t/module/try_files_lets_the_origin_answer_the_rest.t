# try_files in front of proxy_pass: what is there as a file is answered, the rest goes to the origin.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, 'origin ' . $request->target] });
my $pc = Proxycache->prepare(origin => $origin, server => <<'E2');
    location /       { try_files $uri @origin; }
    location @origin { proxy_pass http://%%origin%%; }
E2
$pc->write_file('html/a.txt', 'file');
$pc->launch;

is $pc->get('/a.txt')->body, 'file';
is $pc->get('/b.txt?x=1')->body, 'origin /b.txt?x=1';
done_testing;
