# use: poll and select work as epoll does; what this system does not have is refused.
use lib 't/lib';
use Proxycache;

for my $type (qw(epoll poll select)) {
    my $pc = Proxycache->start(conf => <<"E2");
events { use $type; }
http { server { listen %%listen%%; return 200 "$type"; } }
E2
    is $pc->get('/')->body, $type, "$type serves";
    my ($worker) = $pc->workers;
    my $has_epoll = grep { (readlink($_) // '') eq 'anon_inode:[eventpoll]' } glob "/proc/$worker/fd/*";
    is !!$has_epoll, $type eq 'epoll', "$type: epoll is asked only when it is named";
    $pc->stop;
}
my $refused = Proxycache->run(conf => 'events { use kqueue; } http { }', args => ['-t']);
isnt $refused->{status}, 0, 'kqueue is refused here';
like $refused->{err}, qr/event type "kqueue" is not on this system/, 'by name';
done_testing;
