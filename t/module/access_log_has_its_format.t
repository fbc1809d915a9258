# access_log: combined, formats of one's own, several logs, off, and conditions.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(http => <<'E1', server => <<'E2');
    log_format own  '$status $request_uri $body_bytes_sent $request_length'
                    ' [$http_x_none] $server_protocol $request_completion';
    log_format json escape=json '{"agent":"$http_user_agent","none":"$http_x_none"}';
    log_format raw  escape=none '$http_user_agent';
    map $status $is_error { ~^[45] 1; default 0; }
E1
    access_log logs/main.log;
    location /          { return 200 body; }
    location /own/      { access_log logs/own.log own; access_log logs/json.log json; access_log logs/raw.log raw; return 200 body; }
    location /off/      { access_log off; return 200 body; }
    location /errors/   { access_log logs/errors.log own if=$is_error; if ($arg_bad) { return 404 no; } return 200 body; }
E2
sub line_of ($name, $re) { my $text; ok $pc->wait_for(sub { $text = $pc->read_file("logs/$name"); $text =~ $re }), "$name: $re" or diag $text; $text }

$pc->get('/x?y', {'User-Agent' => "a \"b\\ \xc3", Referer => 'http://r/'});
line_of('main.log', qr{^127\.0\.0\.1 - - \[\d\d/\w\w\w/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "GET /x\?y HTTP/1\.1" 200 4 "http://r/" "a \\x22b\\x5C \\xC3"\n\z});
$pc->get('/own/', {'User-Agent' => "q\"\\\t"});
line_of('own.log', qr{^200 /own/ 4 \d+ \[-\] HTTP/1\.1 OK\n\z});
line_of('json.log', qr{^\{"agent":"q\\"\\\\","none":""\}\n\z});
line_of('raw.log', qr{^q"\\\n\z});
$pc->get('/off/');
$pc->get('/errors/');
$pc->get('/errors/?bad=1');
line_of('errors.log', qr{^404 /errors/\?bad=1 2 \d+ \[-\] HTTP/1\.1 OK\n\z});
is scalar(() = $pc->read_file('logs/main.log') =~ /\n/g), 1, 'the others are not in the first log';
done_testing;
