# resolver: names in a variable proxy_pass are asked from that server while running; resolver_timeout ends the wait.
use lib 't/lib';
use Proxycache;
use IO::Socket::INET;

# A name server that knows one name, and says nothing about silent.test.
my $dns = IO::Socket::INET->new(Proto => 'udp', LocalAddr => '127.0.0.1', LocalPort => 0) or die $!;
my $server = fork // die $!;
if (!$server) {
    $SIG{$_} = 'DEFAULT' for qw(TERM INT ALRM);
    while (my $from = $dns->recv(my $query, 512)) {
        my ($id, @labels) = (unpack 'n', $query);
        my $at = 12;
        while (my $length = ord substr $query, $at, 1) { push @labels, substr $query, $at + 1, $length; $at += $length + 1 }
        my $type = unpack 'n', substr $query, $at + 1, 2;
        my $question = substr $query, 12, $at + 5 - 12;
        my $name = lc join '.', @labels;
        next if $name eq 'silent.test';
        my $known = $name eq 'origin.test';
        my $answer = $known && $type == 1 ? "\xc0\x0c" . pack('nnNn', 1, 1, 60, 4) . "\x7f\0\0\1" : '';
        $dns->send(pack('n6', $id, $known ? 0x8180 : 0x8183, 1, $answer ? 1 : 0, 0, 0) . $question . $answer, 0, $from);
    }
    POSIX::_exit(0);
}
my $origin = Origin->new(sub ($request) { [200, {}, 'found ' . $request->header('host')] });
my $pc = Proxycache->start(origin => $origin, dns => '127.0.0.1:' . $dns->sockport, server => <<'E');
    resolver %%dns%% ipv6=off valid=10s;
    resolver_timeout 300ms;
    location / { proxy_pass http://$arg_host:$arg_port; }
E
my ($port) = $origin->address =~ /:(\d+)$/;
is $pc->get("/?host=origin.test&port=$port")->body, "found origin.test:$port", 'a name it knows';
is $pc->get("/?host=unknown.test&port=$port")->status, 502, 'one that is not there';
like $pc->error_log, qr/unknown\.test could not be resolved/, 'is told';
is $pc->get("/?host=silent.test&port=$port")->status, 502, 'one it says nothing about';
like $pc->error_log, qr/silent\.test could not be resolved/, 'is told';
kill TERM => $server;
waitpid $server, 0;
is $pc->get("/?host=origin.test&port=$port")->status, 200, 'an answer is kept';
done_testing;
