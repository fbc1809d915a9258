# Called through a link named nginx, the program says that it is nginx, as deployment tools expect.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->prepare(server => 'return 204;');
symlink Proxycache::binary(), $pc->path('nginx') or die $!;

sub nginx (@arguments) { Proxycache::run_command([$pc->path('nginx'), @arguments]) }

is nginx('-v')->{err}, "nginx version: nginx/1.30.0\n", '-v';
my $built = nginx('-V')->{err};
like $built, qr{\Anginx version: nginx/1\.30\.0\nbuilt by gcc .*\nbuilt with OpenSSL .*\nTLS SNI support enabled\nconfigure arguments: --}, '-V';
like $built, qr/--without-http_fastcgi_module/, '-V says what is not there in nginx\'s words';
like nginx('-t', '-p', $pc->prefix, '-c', 'conf/test.conf')->{err}, qr/\Anginx: the configuration file .* syntax is ok$/m, '-t';
like nginx('-y')->{err}, qr/\Anginx: invalid option: "y"$/m, 'errors';
done_testing;
