# map, also of maps, with captures, included files and variables in values.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->prepare(http => <<'E1', server => 'location / { return 200 "$first $second"; }');
    map $uri $first  { default "none of $host"; include first.map; ~^/n/(?<number>\d+)$ "n$number"; /A plain; }
    map $first $second { volatile; plain yes; ~^n(.)2 "two$1"; }
E1
$pc->write_file('conf/first.map', "/included in;\n");
$pc->launch;
is $pc->get('/a')->body, 'plain yes', 'case does not count';
is $pc->get('/included')->body, 'in ', 'from a file; no default is empty';
is $pc->get('/n/42')->body, 'n42 two4', 'captures, by name and number';
is $pc->get('/else')->body, 'none of localhost ', 'the default, with a variable';
done_testing;
