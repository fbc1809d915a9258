# Every form of `if`: a variable, = and !=, regular expressions with captures, files.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(server => <<'E');
    set $answer "none";
    location /set    { if ($arg_x) { return 200 set; } return 200 unset; }
    location /equal  { if ($arg_x = a) { return 200 equal; } if ($arg_x != b) { return 200 other; } return 200 b; }
    location /match  { if ($http_user_agent ~* "curl/(\d+)") { return 200 "curl $1"; } return 200 no; }
    location /not    { if ($arg_x !~ ^\d+$) { return 200 "not a number"; } return 200 number; }
    location /file   { if (-f $document_root/there.txt) { return 200 file; } return 200 "no file"; }
    location /nofile { if (!-e $document_root/missing) { return 200 missing; } return 200 found; }
    location /spaced { if ( $arg_x = "a b" ) { return 200 spaced; } return 200 no; }
    location /keeps  { set $a 1; if ($arg_x) { set $a 2; } return 200 $a; }
E
$pc->write_file('html/there.txt', 'x');
is $pc->get('/set')->body,        'unset', 'empty is false';
is $pc->get('/set?x=0')->body,    'unset', '0 is false';
is $pc->get('/set?x=1')->body,    'set',   'anything else is true';
is $pc->get('/equal?x=a')->body,  'equal', '=';
is $pc->get('/equal?x=c')->body,  'other', '!=';
is $pc->get('/equal?x=b')->body,  'b',     'neither';
is $pc->get('/match', {'User-Agent' => 'CURL/8.1'})->body, 'curl 8', '~* and its capture';
is $pc->get('/not?x=12')->body,   'number', '!~';
is $pc->get('/not?x=z')->body,    'not a number', '!~ holds';
is $pc->get('/file')->body,       'file',    '-f';
is $pc->get('/nofile')->body,     'missing', '!-e';
is $pc->get('/keeps')->body,      '1', 'an if that does not hold changes nothing';
is $pc->get('/keeps?x=1')->body,  '2', 'what is set inside is seen behind';
done_testing;
