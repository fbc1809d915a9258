# large_client_header_buffers and max_headers: RFC 6585 §5 tells the statuses; the client can read the answer.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(server => <<'E');
    large_client_header_buffers 4 8k; max_headers 50;
    location / { return 200 $http_x; }
E
my $fits = 'x' x 8000;
is $pc->get('/', {X => $fits})->body, $fits, 'a field of almost 8k';
is $pc->get('/?' . 'x' x 8000)->status, 200, 'a target of almost 8k';
is $pc->get('/?' . 'x' x 8192)->status, 414, 'a longer one';
is $pc->get('/?' . 'x' x 200_000)->status, 414, 'a very long one, read to the end';
is $pc->get('/', {X => 'x' x 8192})->status, 431, 'a longer field';
is $pc->get('/', {map { ("X$_" => 'x' x 7000) } 1 .. 4})->status, 200, 'four large fields';
is $pc->get('/', {map { ("X$_" => 'x' x 7000) } 1 .. 5})->status, 431, 'five';
is $pc->get('/', {map { ("X-$_" => 1) } 1 .. 40})->status, 200, '40 fields';
is $pc->get('/', {map { ("X-$_" => 1) } 1 .. 51})->status, 431, '51 fields';
done_testing;
