# How a TLS connection ends: with close_notify, or it is not believed.
use lib 't/lib';
use Proxycache;
use Certificates;

my $certs = Certificates->new->make('one.test');
my $origin = Origin->new(sub ($request) {
    return {status => 200, headers => {}, raw => ["HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf", ['close']]}
        if $request->target eq '/short';
    return [200, {}, 'whole'];
});
my $pc = Proxycache->start(origin => $origin, http => <<"E");
    server { listen %%listen%% ssl; @{[$certs->lines('one.test')]} location / { proxy_pass http://%%origin%%; } }
E
my $msgs = s_client($pc->address, "GET / HTTP/1.0\r\n\r\n", '-msg');
like $msgs, qr/whole.*<<< TLS 1\.3, Alert.*close_notify/s, 'an answer that ends with the connection ends with close_notify';
my ($text, $code) = curl('-k', 'https://' . $pc->address . '/short');
isnt $code, 0, 'a response that breaks off is an error for the client';
my $client = $pc->connect;
$client->write("\x16\x03\x01");
$client->shutdown_write;
$client->read_all;
ok $client->ended, 'a handshake that is left in the middle ends the connection';
like curl('-k', 'https://' . $pc->address), qr/whole/, 'others are served';
done_testing;
