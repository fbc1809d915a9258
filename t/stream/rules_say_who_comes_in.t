# allow and deny, geo, split_clients, set and return in stream; set_real_ip_from believes the PROXY protocol.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(conf => <<'E');
    stream {
        log_format line '$status $remote_addr $realip_remote_addr $bytes_sent';
        geo $place { default far; 127.0.0.0/8 here; 192.0.2.0/24 documented; }
        split_clients $remote_addr $part { * everybody; }
        map $place $greeting { here hello; documented "good day"; }
        server { listen %%listen%%; set $text "$greeting, $part from $remote_addr"; return $text; access_log logs/stream.log line; }
        server { listen %%listen_denied%%; deny 127.0.0.1; allow all; return never; access_log logs/denied.log line; }
        server { listen %%listen_allowed%%; allow 127.0.0.1; deny all; return "come in"; }
        server {
            listen %%listen_proxied%% proxy_protocol;
            set_real_ip_from 127.0.0.0/8;
            deny 192.0.2.66;
            proxy_protocol_timeout 1s;
            return "$greeting $remote_addr:$remote_port $proxy_protocol_addr $realip_remote_addr";
        }
        server { listen %%listen_distrusting%% proxy_protocol; set_real_ip_from 10.0.0.0/8; return "$remote_addr $proxy_protocol_addr"; }
    }
E

is $pc->connect->read_all, 'hello, everybody from 127.0.0.1', 'return, with variables of all kinds';
ok $pc->wait_for(sub { $pc->read_file('logs/stream.log') eq "200 127.0.0.1 127.0.0.1 31\n" }), 'its line';
is $pc->connect('listen_denied')->read_all, '', 'denied: closed';
ok $pc->wait_for(sub { $pc->read_file('logs/denied.log') eq "403 127.0.0.1 127.0.0.1 0\n" }), 'its line says 403';
like $pc->error_log, qr/\[error\] .*access forbidden by rule, client: 127\.0\.0\.1/, 'and the error log why';
is $pc->connect('listen_allowed')->read_all, 'come in', 'allowed';

sub proxied ($listen, $header) {
    my $client = $pc->connect($listen);
    $client->write($header);
    return $client->read_all;
}
my $header = "PROXY TCP4 192.0.2.1 192.0.2.2 5000 80\r\n";
is proxied('listen_proxied', $header), 'good day 192.0.2.1:5000 192.0.2.1 127.0.0.1', 'a trusted peer tells who the client is';
is proxied('listen_distrusting', $header), '127.0.0.1 192.0.2.1', 'another is heard, but not believed';
is proxied('listen_proxied', $header =~ s/192.0.2.1 /192.0.2.66 /r), '', 'rules look at the client that was told';
is proxied('listen_proxied', "nothing of the kind\r\n"), '', 'no header: closed';
ok $pc->wait_log(qr/\[error\] .*broken header: .*while reading the PROXY protocol header/), 'and told';
ok $pc->connect('listen_proxied')->closed, 'a header that does not come is waited for only so long';
done_testing;
