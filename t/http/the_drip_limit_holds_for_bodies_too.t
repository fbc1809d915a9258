# 500 reads in a row that bring less than 64 bytes each end an upload; larger pieces between begin the count anew.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {}, $request->body_length] });
my $pc     = Proxycache->start(origin => $origin, server => 'location / { proxy_pass http://%%origin%%; }');
my $head   = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n";
my $client = $pc->connect;
$client->write($head);

# Each drop is written when the one before was read: a slow server would find several at once.
my $from = sprintf ':%04X', $client->local_port;
sub unread () {
    open my $table, '<', '/proc/net/tcp' or return 0;
    for (<$table>) {
        my @column = split;
        return hex((split /:/, $column[4])[1]) if $column[2] =~ /$from$/;
    }
    return 0;
}
my $sent = 0;
while ($client->is_quiet && $sent < 5000) {
    $client->write('x');
    $sent++;
    wait_until(sub { unread() == 0 }, 10);
}
is $client->read_response->status, 408, 'dripping';
ok $client->closed, 'and closed';
is $origin->connections, 0, 'the origin was not troubled';
done_testing;
