# proxy_pass_trailers: trailer fields reach the client; otherwise they do not; $upstream_trailer_* knows them.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { {status => 200, headers => {Trailer => 'X-Sum'}, body => 'body', chunked => 1, trailers => {'X-Sum' => 'abc'}} });
my $pc = Proxycache->start(origin => $origin, http => 'log_format t "$uri $upstream_trailer_x_sum";', server => <<'E');
    access_log logs/t.log t;
    location /on  { proxy_pass http://%%origin%%; proxy_pass_trailers on; }
    location /off { proxy_pass http://%%origin%%; }
E
my $response = $pc->get('/on');
is $response->body, 'body', 'body';
is $response->trailer('x-sum'), 'abc', 'trailer';
$response = $pc->get('/off');
is $response->trailer('x-sum'), undef, 'no trailer';
is $response->header('trailer'), undef, 'none announced';
ok $pc->wait_for(sub { $pc->read_file('logs/t.log') =~ m{^/off abc$}m }), '$upstream_trailer_x_sum';
done_testing;
