# nginx's order: exact, then regular expressions unless the longest prefix says ^~, then that prefix.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(server => <<'E');
    location = /exact        { return 200 exact; }
    location /               { return 200 root; }
    location /images/        { return 200 images; }
    location ^~ /images/raw/ { return 200 raw; }
    location ~ \.png$        { return 200 png; }
    location ~* \.JPE?G$     { return 200 jpeg; }
    location /outer/ {
        return 200 outer;
        location /outer/inner/ { return 200 inner; }
        location ~ \.inner$    { return 200 "regex inside"; }
    }
E
my %expected = (
    '/exact'           => 'exact',
    '/exactly'         => 'root',
    '/images/a.gif'    => 'images',
    '/images/a.png'    => 'png',
    '/images/raw/a.png' => 'raw',
    '/x.jpg'           => 'jpeg',
    '/x.JPEG'          => 'jpeg',
    '/outer/x'         => 'outer',
    '/outer/inner/x'   => 'inner',
    '/outer/a.inner'   => 'regex inside',
    '/a/../images/b'   => 'images',
    '//images//b'      => 'images',
    '/im%61ges/b'      => 'images',
);
is $pc->get($_)->body, $expected{$_}, $_ for sort keys %expected;
done_testing;
