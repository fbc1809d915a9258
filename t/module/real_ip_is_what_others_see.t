# real_ip: the client behind a trusted proxy is what allow, deny, $remote_addr and the log see.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(http => 'log_format who "$remote_addr $realip_remote_addr";', server => <<'E2');
    access_log logs/who.log who;
    set_real_ip_from 127.0.0.0/8;
    set_real_ip_from 10.0.0.0/8;
    real_ip_header X-Forwarded-For;
    deny 192.0.2.1;
    location /recursive/ { real_ip_recursive on; add_header X-Client $remote_addr always; try_files /none =204; }
    location /header/    { real_ip_header X-Real-IP; add_header X-Client $remote_addr always; try_files /none =204; }
    location /nobody/    { set_real_ip_from 192.168.0.0/16; add_header X-Client $remote_addr always; try_files /none =204; }
    location /           { add_header X-Client $remote_addr always; try_files /none =204; }
E2
sub client ($path, $value, $field = 'X-Forwarded-For') { $pc->get($path, {$field => $value})->header('X-Client') }

is client('/', '192.0.2.9, 198.51.100.1'), '198.51.100.1', 'the last of the list';
is client('/', '192.0.2.9, 10.1.1.1'), '10.1.1.1', 'not recursive: trusted or not';
is client('/recursive/', '192.0.2.9, 10.1.1.1'), '192.0.2.9', 'recursive: behind all that are trusted';
is client('/header/', '2001:db8::1', 'X-Real-IP'), '2001:db8::1', 'another field';
is client('/nobody/', '192.0.2.9'), '127.0.0.1', 'who is not trusted is not believed';
is client('/', 'unknown'), '127.0.0.1', 'nonsense changes nothing';
is $pc->get('/', {'X-Forwarded-For' => '192.0.2.1'})->status, 403, 'deny sees it';
ok $pc->wait_for(sub { $pc->read_file('logs/who.log') =~ /^192\.0\.2\.1 127\.0\.0\.1$/m }), 'the log sees both';
done_testing;
