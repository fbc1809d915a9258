# include: relative to the file's folder, globs in alphabetical order, nested, in any block; a glob may match nothing.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->prepare(http => <<'E', server => <<'S');
    include sets/maps.conf;
E
    include locations/*.conf;
    include none/*.conf;
    add_header X-Order "$order" always;
    include %%prefix%%/conf/absolute.conf;
    set $order "";
    include steps/[0-9]*.inc;
    location / { include answer.conf; }
S
$pc->write_file('conf/sets/maps.conf', 'map $arg_x $mapped { default none; a found; }');
$pc->write_file('conf/locations/a.conf', 'location /a { return 200 "a $mapped"; }');
$pc->write_file('conf/locations/b.conf', 'location /b { include deeper/b.inc; }');
$pc->write_file('conf/deeper/b.inc', 'return 200 "b";');
$pc->write_file('conf/absolute.conf', 'location /absolute { return 200 absolute; }');
$pc->write_file("conf/steps/$_.inc", "set \$order \${order}$_;") for qw(2 1 10 x);
$pc->write_file('conf/answer.conf', "# a comment only\nreturn 200 \"the rest\"; # and one behind\n");
ok $pc->launch, 'it starts';
is $pc->get('/a?x=a')->body,    'a found',  'a file of a glob, and one in http';
is $pc->get('/b')->body,        'b',        'nested: relative to the configuration, not to the including file';
is $pc->get('/absolute')->body, 'absolute', 'an absolute path';
is $pc->get('/')->body,         'the rest', 'inside a location';
is $pc->get('/')->header('X-Order'), '1102', 'in alphabetical order, each once';

$pc->expect(qr/emerg/);
$pc->write_file('conf/answer.conf', "return 200 ok;\n  bogus 1;\n");
my $result = $pc->run(args => ['-t']);
is $result->{status}, 1, 'an error inside is an error';
like $result->{err}, qr{unknown directive "bogus" in \S*/conf/answer\.conf:2:3$}m, 'named with its own file';
$pc->write_file('conf/answer.conf', "include answer.conf;\n");
$result = $pc->run(args => ['-t']);
is $result->{status}, 1, 'a file that includes itself';
like $result->{err}, qr/answer\.conf/, 'is told';
$pc->write_file('conf/answer.conf', "return 200 ok;\n}\n");
$result = $pc->run(args => ['-t']);
like $result->{err}, qr/unexpected "\}".* in \S*answer\.conf:2:1/, 'a block may not end in another file';
done_testing;
