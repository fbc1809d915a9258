# USR2: a new master beside the old one; WINCH, then either QUIT (the new one stays) or HUP and QUIT to the new one (the old one
# goes on). Requests are answered all the while and the pid files tell who is who.
use lib 't/lib';
use Proxycache;

for my $outcome ('forward', 'back') {
    my $pc = Proxycache->start(conf => 'daemon on;', workers => 2, server => 'location / { return 200 "$pid\n"; }');
    my $pid_file = $pc->path('logs/proxycache.pid');
    my $pid_in = sub ($path) { Proxycache::slurp($path) =~ /(\d+)/ ? $1 : 0 };
    my $old = $pid_in->($pid_file);
    my $stop = $pc->path('stop');
    my $client = background(sub {
        my ($count, @failed) = (0);
        until (-e $stop) {
            my $response = eval { $pc->get('/') };
            push @failed, $@ || 'no response' if !$response || $response->status != 200;
            $count++;
        }
        return {count => $count, failed => \@failed};
    });

    kill USR2 => $old;
    ok $pc->wait_for(sub { my $new = $pid_in->($pid_file); $new && $new != $old }), 'a new master writes the pid file';
    my $new = $pid_in->($pid_file);
    is $pid_in->("$pid_file.oldbin"), $old, 'the old one is in .oldbin';
    ok $pc->wait_for(sub { $pc->workers($new) == 2 }), 'the new master has workers';
    kill USR2 => $new;
    ok $pc->wait_log(qr/signal 12 \(SIGUSR2\) received from \d+, ignoring/), 'USR2 is ignored while the old master is there';

    kill WINCH => $old;
    ok $pc->wait_for(sub { !$pc->workers($old) && !$pc->draining($old) }), 'WINCH: the old workers leave';
    ok $pc->is_alive($old), 'WINCH: the old master stays';
    if ($outcome eq 'forward') {
        kill QUIT => $old;
        ok $pc->wait_for(sub { !$pc->is_alive($old) }), 'QUIT ends the old master';
        ok !-e "$pid_file.oldbin", 'and removes .oldbin';
        is $pid_in->($pid_file), $new, 'the pid file is the new one\'s';
        ok $pc->reload, 'the new master reloads';
    } else {
        kill HUP => $old;
        ok $pc->wait_for(sub { $pc->workers($old) == 2 }), 'HUP: the old master has workers again';
        kill QUIT => $new;
        ok $pc->wait_for(sub { !$pc->is_alive($new) }), 'QUIT ends the new master';
        ok $pc->wait_for(sub { $pid_in->($pid_file) == $old }), 'the pid file is the old one\'s again';
        ok !-e "$pid_file.oldbin", 'there is no .oldbin';
        ok $pc->reload, 'the old master reloads';
    }
    $pc->write_file('stop', '');
    my $result = $client->result;
    cmp_ok $result->{count}, '>', 10, 'a client asked all the while';
    is_deeply $result->{failed}, [], 'no request failed';
    is $pc->get('/')->status, 200;
    $pc->stop;
    ok !-e $pid_file, 'no pid file is left';
}
done_testing;
