# Where our default differs from nginx's, `compat nginx;` gives nginx's: in the file, with -g, or by the name nginx.
# Seen by the default of proxy_cache_key, which in nginx holds the origin's name and not the request's.
use lib 't/lib';
use Proxycache;

my $origin = Origin->new(sub ($request) { [200, {'Cache-Control' => 'max-age=60'}, 'x'] });

sub second_host (%option) {
    my $main = delete $option{main} // '';
    my $pc = Proxycache->start(origin => $origin, %option, conf => $main . <<'E');

http {
    proxy_cache_path cache keys_zone=one:1m;
    server { listen %%listen%%; location / { proxy_pass http://%%origin%%; proxy_cache one; add_header X-Seen $upstream_cache_status; } }
}
E
    state $number = 0;
    my $target = '/' . $number++;
    $pc->get($target, {Host => 'a.example'});
    $pc->wait_for(sub { $pc->get($target, {Host => 'a.example'})->header('X-Seen') eq 'HIT' }) or fail 'the first host is stored';
    my $seen = $pc->get($target, {Host => 'b.example'})->header('X-Seen');
    $pc->stop;
    return $seen;
}

like second_host(),                                 qr/MISS/, 'here: another host is another object';
like second_host(main => 'compat nginx;'),          qr/HIT/,  'compat nginx: the same origin and URI are the same object';
like second_host(args => ['-g', 'compat nginx;']),  qr/HIT/,  'with -g';
like second_host(name => 'nginx'),                  qr/HIT/,  'called as nginx';

my $pc = Proxycache->prepare(server => 'return 204;', expect => qr/emerg/);
my $other = $pc->run(args => ['-t', '-g', 'compat apache;']);
is $other->{status}, 1, 'no other is known';
like $other->{err}, qr/compat knows only nginx/, 'and that is said';
done_testing;
