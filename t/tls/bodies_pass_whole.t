# Large bodies both ways over TLS, byte by byte the same; a client that reads slowly costs no memory.
use lib 't/lib';
use Proxycache;
use Certificates;
use Digest::MD5 'md5_hex';

my $certs = Certificates->new->make('one.test');
my $large = join '', map { pack 'N', $_ * 2654435761 % 4294967296 } 1 .. 1 << 20;
my $origin = Origin->new(sub ($request) {
    return {status => 200, headers => {}, body => md5_hex($request->body)} if $request->method eq 'POST';
    return {status => 200, headers => {}, body => $large, until_close => $request->target =~ /close/ ? 1 : 0};
});
my $pc = Proxycache->start(origin => $origin, http => <<"E");
    server { listen %%listen%% ssl; @{[$certs->lines('one.test')]} client_max_body_size 0; proxy_buffering off;
        location / { proxy_pass http://%%origin%%; } }
E
$pc->write_file('upload', $large);
my $url = 'https://' . $pc->address;
is md5_hex(scalar curl('-k', "$url/")), md5_hex($large), 'a response of 4 MiB';
is md5_hex(scalar curl('-k', "$url/close")), md5_hex($large), 'one without a length';
is scalar(curl('-k', '-X', 'POST', '--data-binary', '@' . $pc->path('upload'), "$url/")), md5_hex($large), 'an upload';
is md5_hex(scalar curl('-k', '--limit-rate', '2M', "$url/")), md5_hex($large), 'to a slow reader';
$pc->holds_less($pc->memory(($pc->workers)[0], 'Pss'), 40 << 20, 'the worker stays small');
done_testing;
