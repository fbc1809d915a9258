# satisfy any: one of address and password is enough; all: both.
use lib 't/lib';
use Proxycache;
use MIME::Base64 'encode_base64';

my $pc = Proxycache->prepare(server => <<'E2');
    auth_basic x;
    auth_basic_user_file users;
    try_files /none =204;
    location /any/here/   { satisfy any; allow 127.0.0.1; deny all; try_files /none =204; }
    location /any/there/  { satisfy any; deny all; try_files /none =204; }
    location /all/here/   { allow 127.0.0.1; deny all; try_files /none =204; }
    location /all/there/  { deny all; try_files /none =204; }
E2
$pc->write_file('conf/users', "joe:{PLAIN}secret\n");
$pc->launch;
my %joe = (Authorization => 'Basic ' . encode_base64('joe:secret', ''));

is $pc->get('/any/here/')->status, 204, 'any: the address is enough';
is $pc->get('/any/there/')->status, 401, 'any: neither';
is $pc->get('/any/there/', {%joe})->status, 204, 'any: the password is enough';
is $pc->get('/all/here/')->status, 401, 'all: the address is not';
is $pc->get('/all/here/', {%joe})->status, 204, 'all: both';
is $pc->get('/all/there/', {%joe})->status, 403, 'all: the password is not';
done_testing;
