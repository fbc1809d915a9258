# real_ip: the client behind a trusted proxy is what `if`, geo, allow, deny, $remote_addr and the log see. The server's lines
# say first who it is; those of a location are asked where the server's tell nobody.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(http => <<'E');
    log_format who "$remote_addr $realip_remote_addr";
    access_log logs/who.log who;
    set_real_ip_from 127.0.0.0/8;
    set_real_ip_from 10.0.0.0/8;
    real_ip_header X-Forwarded-For;
    add_header X-Client $remote_addr always;
    geo $is_blocked { default 0; 192.0.2.66 1; }
    server {
        listen %%listen%%;
        if ($is_blocked) { return 410; }
        deny 192.0.2.1;
        location /header/    { real_ip_header X-Real-IP; try_files /none =204; }
        location /nobody/    { set_real_ip_from 192.168.0.0/16; try_files /none =204; }
        location /           { try_files /none =204; }
    }
    server { listen %%listen_recursive%%; real_ip_recursive on; return 204; }
    server { listen %%listen_nobody%%; set_real_ip_from 192.168.0.0/16; return 204; }
E
sub client ($path, $value, $field = 'X-Forwarded-For', $listen = 'listen') {
    $pc->get($path, {$field => $value}, listen => $listen)->header('X-Client');
}

is client('/', '192.0.2.9, 198.51.100.1'), '198.51.100.1', 'the last of the list';
is client('/', '192.0.2.9, 10.1.1.1'), '10.1.1.1', 'not recursive: trusted or not';
is client('/', '192.0.2.9, 10.1.1.1', 'X-Forwarded-For', 'listen_recursive'), '192.0.2.9', 'recursive: behind all that are trusted';
is client('/header/', '2001:db8::1', 'X-Real-IP'), '2001:db8::1', 'another field in a location';
is client('/nobody/', '192.0.2.9'), '192.0.2.9', 'what the server has found stays in a location';
is client('/', '192.0.2.9', 'X-Forwarded-For', 'listen_nobody'), '127.0.0.1', 'who is not trusted is not believed';
is client('/', 'unknown'), '127.0.0.1', 'nonsense changes nothing';
is $pc->get('/', {'X-Forwarded-For' => '192.0.2.1'})->status, 403, 'deny sees it';
is $pc->get('/', {'X-Forwarded-For' => '192.0.2.66'})->status, 410, 'an if of the server sees it';
ok $pc->wait_for(sub { $pc->read_file('logs/who.log') =~ /^192\.0\.2\.1 127\.0\.0\.1$/m }), 'the log sees both';
done_testing;
