# recursive_error_pages on: an error that happens while an error page is made has its own page; off: only one page is
# looked for. The status is that of the last error, unless the page's line says otherwise. A loop ends.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(server => <<'E');
    error_page 404 /second;
    error_page 500 /third;
    error_page 410 =200 /gone;
    location = /second { return 500; }
    location = /third  { return 200 "third"; }
    location = /gone   { return 403; }
    location = /on     { recursive_error_pages on; return 404; }
    location = /off    { return 404; }
    location = /changed { return 410; }
    location = /loop   { recursive_error_pages on; error_page 500 /loop; return 500; }
E
my $on = $pc->get('/on');
is $on->body, 'third', 'on: the page of the page';
is $on->status, 500, 'with its status';
my $off = $pc->get('/off');
is $off->status, 500, 'off: the error of the page';
unlike $off->body, qr/third/, 'has none of its own';
is $pc->get('/changed')->status, 403, '=200 is for a page that is there';
is $pc->get('/loop')->status, 500, 'a loop ends';
like $pc->error_log, qr/redirection cycle/, 'and is told';
done_testing;
