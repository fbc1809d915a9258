# auth_basic: 401 and a challenge, until name and password are those of the file.
use lib 't/lib';
use Proxycache;
use MIME::Base64 'encode_base64';

my $pc = Proxycache->prepare(server => <<'E2');
    location / {
        auth_basic "the $host";
        auth_basic_user_file users;
        try_files /none =204;
        location /public/ { auth_basic off; try_files /none =204; }
        location /user/   { add_header X-User $remote_user always; try_files /none =204; }
    }
E2
$pc->write_file('conf/users', join '', map { "$_\n" } '# comment', 'plain:{PLAIN}secret', 'apr1:$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/',
    'sha:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=', 'ssha:{SSHA}UgCJjM+VJJYduihDuk0aPpDtY9RzYWx0eQ==',
    'crypt:' . crypt('secret', '$6$salt$') . ':a comment');
$pc->launch;
sub status ($user, $password, $path = '/') { $pc->get($path, {Authorization => 'Basic ' . encode_base64("$user:$password", '')})->status }

my $r = $pc->get('/');
is $r->status, 401;
is $r->header('WWW-Authenticate'), 'Basic realm="the localhost"', 'the challenge';
is status($_, 'secret'), 204, "$_: right" for qw(plain apr1 sha ssha crypt);
is status($_, 'Secret'), 401, "$_: wrong" for qw(plain apr1 sha ssha crypt);
is status('nobody', 'secret'), 401, 'unknown';
ok $pc->wait_log(qr{user "crypt": password mismatch, client}), 'a wrong password is logged';
ok $pc->wait_log(qr{user "nobody" was not found in ".*conf/users"}), 'an unknown user too';
is $pc->get('/', {Authorization => 'Basic %%%'})->status, 401, 'nonsense';
is $pc->get('/public/')->status, 204, 'off';
is $pc->get('/user/', {Authorization => 'Basic ' . encode_base64('sha:secret', '')})->header('X-User'), 'sha', '$remote_user';
done_testing;
