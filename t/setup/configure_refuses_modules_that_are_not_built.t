# nginx's options are taken; one that asks for a module that is not built is refused by name.
use lib 't/lib';
use Proxycache;

my $folder    = File::Temp::tempdir(CLEANUP => 1);
my $configure = sub (@options) { Proxycache::run_command(["$Proxycache::tree/configure", "--builddir=$folder", @options]) };

my $refused = $configure->('--with-http_dav_module', '--with-http_realip_module', '--with-mail');
is $refused->{status}, 1, 'refused';
like $refused->{err}, qr/cannot be asked for: --with-http_dav_module --with-mail /, 'both by name, the built one not';
like $configure->('--with-no_such_thing')->{err}, qr/unknown options: --with-no_such_thing/, 'what nginx does not know either';

my $debian = $configure->('--prefix=/usr/share/nginx', '--conf-path=/etc/nginx/nginx.conf', '--pid-path=/run/nginx.pid', '--user=www-data',
    '--with-cc-opt=-O2 -g', '--with-http_stub_status_module', '--without-http_fastcgi_module', '--with-pcre-jit', '--with-threads');
is $debian->{status}, 0, 'a line of a packager is taken' or diag $debian->{err};
my $header = Proxycache::slurp("$folder/config.h");
like $header, qr{^#define PC_CONF_PATH "/etc/nginx/nginx.conf"$}m, 'the configuration path';
like $header, qr{^#define PC_PREFIX "/usr/share/nginx/"$}m, 'the prefix';
like $header, qr{^#define PC_USER "www-data"$}m, 'the user';
like $header, qr{PC_CONFIGURE_ARGUMENTS ".*--with-cc-opt='-O2 -g' .*--without-http_fastcgi_module}, 'and -V will show them';
done_testing;
