# client_header_buffer_size: a line that fits there needs no large buffer.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(http => <<'E');
    large_client_header_buffers 1 1k;
    server { listen %%listen%%; client_header_buffer_size 6k; return 200 x; }
    server { listen %%listen_small%%; return 200 x; }
E
my $long = '/' . 'x' x 4000;
is $pc->get($long)->status, 200, 'a request line of 4 KiB in a buffer of 6';
is $pc->get($long, {}, listen => 'listen_small')->status, 414, 'without: one large buffer of 1 KiB';
is $pc->get('/', {'X-Long' => 'x' x 4000})->status, 200, 'a field in it';
is $pc->get('/', {'X-Long' => 'x' x 4000}, listen => 'listen_small')->status, 431, 'without';
done_testing;
