# open_file_cache answers with the file as it was opened until open_file_cache_valid is over, and remembers errors.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->prepare(server => <<'E2');
    location /kept/  { alias %%prefix%%/html/; open_file_cache max=10; open_file_cache_errors on; }
    location /used/  { alias %%prefix%%/html/; open_file_cache max=10; open_file_cache_min_uses 2; }
    location /fresh/ { alias %%prefix%%/html/; open_file_cache max=11; open_file_cache_valid 0; }
    location /plain/ { alias %%prefix%%/html/; }
E2
$pc->write_file('html/a.txt', 'old');
$pc->launch;
is $pc->get("/$_/a.txt")->body, 'old', "$_: as it is" for qw(kept fresh plain);
is $pc->get('/kept/b.txt')->status, 404, 'not there';
$pc->write_file('html/new.txt', 'new');
rename $pc->prefix . '/html/new.txt', $pc->prefix . '/html/a.txt' or die $!;
$pc->write_file('html/b.txt', 'b');

is $pc->get('/kept/a.txt')->body, 'old', 'kept: the file that was opened';
is $pc->get('/plain/a.txt')->body, 'new', 'without a cache: the file that is there';
is $pc->get('/fresh/a.txt')->body, 'new', 'valid 0: looked at again';
is $pc->get('/kept/b.txt')->status, 404, 'errors are remembered';
is $pc->get('/plain/b.txt')->body, 'b';
done_testing;
