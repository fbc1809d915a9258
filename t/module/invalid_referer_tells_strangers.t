# valid_referers: $invalid_referer is 1 for pages that are not ours.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(server => <<'E2');
    server_name ours.example;
    location / { valid_referers none blocked server_names *.friend.example; if ($invalid_referer) { return 403; } return 200 ok; }
E2
is $pc->get('/', $_)->status, 200, join ' ', %$_ for {}, {Referer => 'hidden'}, {Referer => 'http://ours.example/x'}, {Referer => 'https://a.friend.example'};
is $pc->get('/', {Referer => 'http://stranger.example/'})->status, 403, 'a stranger';
done_testing;
