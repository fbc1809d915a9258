# t/lint/layers names the file and line of an include that goes up the house.
use lib 't/lib';
use Proxycache;

my $house = File::Temp::tempdir(CLEANUP => 1);
my $write = sub ($path, $text) { Proxycache::write_path("$house/$path", $text) };
$write->('src/base/text.h', '');
$write->('src/http/fields.h', "#include <string>\n#include \"base/text.h\"\n");
my $lint = sub { Proxycache::run_command(['sh', '-c', "cd $house && exec $Proxycache::tree/t/lint/layers base http exchange proxy"]) };
is $lint->()->{status}, 0, 'downwards is right' or diag $lint->()->{err};

$write->('src/base/clock.h', "#include \"http/fields.h\"\n");
my $found = $lint->();
is $found->{status}, 1, 'upwards is not';
like $found->{err}, qr{^src/base/clock\.h:1: base may not include from http}, 'at its line';
unlink "$house/src/base/clock.h";

$write->('modules/cache/cache.cc', "\n#include \"modules/other/other.h\"\n");
like $lint->()->{err}, qr{^modules/cache/cache\.cc:2: modules/cache may not include modules/other/other\.h}, 'modules do not know each other';
done_testing;
