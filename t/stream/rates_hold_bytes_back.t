# proxy_upload_rate and proxy_download_rate: no more a second than that, whoever could take more.
use lib 't/lib';
use Proxycache;
use TcpOrigin;
use Time::HiRes qw(time);

my $origin = TcpOrigin->new;
my $pc     = Proxycache->start(origin => $origin, conf => <<'E');
    stream {
        map $remote_addr $rate { default 8k; }
        server { listen %%listen_up%%; proxy_pass %%origin%%; proxy_upload_rate 8k; }
        server { listen %%listen_down%%; proxy_pass %%origin%%; proxy_download_rate $rate; }
    }
E
my $piece = 'x' x 20480;
for my $way (['up', 0, 1], ['down', 1, 0]) {
    my ($name, $from, $to) = @$way;
    my $began = time;
    my @ends  = ($pc->connect("listen_$name"), $origin->accept);
    $ends[$from]->write($piece);
    is length($ends[$to]->read_bytes(20480)), 20480, "$name: all of it arrives";
    cmp_ok time - $began, '>', 1.3, 'in its time: a second is ahead, and the rest comes later';
    $ends[$to]->write('free');
    is $ends[$from]->read_bytes(4), 'free', 'the other direction is free';
}
done_testing;
