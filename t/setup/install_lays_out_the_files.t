# make install DESTDIR= puts binary, manual pages, configuration and pages in their places, and leaves a configuration that is there.
use lib 't/lib';
use Proxycache;
use File::Basename qw(dirname);

my $objs     = dirname(Proxycache::binary());
my $sanitize = $objs =~ m{/sanitize$};
plan skip_all => 'not a build of this tree' unless -e "$objs/config.mk" && $objs =~ m{^\Q$Proxycache::tree\E/} && !$sanitize;

my $target  = File::Temp::tempdir(CLEANUP => 1);
my $install = sub {
    # Nothing is built: what is there is installed, and the running make's options stay out.
    Proxycache::run_command(['make', '-C', $Proxycache::tree, '-o', 'all', "OBJS=" . ($objs =~ s{^\Q$Proxycache::tree\E/}{}r), "DESTDIR=$target", 'install'],
        env => {MAKEFLAGS => '', MAKELEVEL => '', MFLAGS => ''}, seconds => 60);
};
my $done = $install->();
is $done->{status}, 0, 'it installs' or diag $done->{err};
my ($prefix) = Proxycache::slurp("$objs/config.mk") =~ /^PREFIX := (.*)$/m;
my $at = "$target$prefix";
ok -x "$at/sbin/proxycache", 'the binary';
ok -s "$at/conf/$_", $_ for qw(proxycache.conf proxycache.conf.default mime.types);
ok -s "$at/html/$_", $_ for qw(index.html 50x.html);
ok -d "$at/logs", 'the folder of the logs';
ok -s "$at/share/man/man8/proxycache.8", 'the manual page of the program';
like Proxycache::slurp("$at/share/man/man5/proxycache.conf.5"), qr/proxy_pass/, 'the one of the directives, made from the tables';

Proxycache::write_path("$at/conf/proxycache.conf", "# mine\n");
is $install->()->{status}, 0, 'a second time';
is Proxycache::slurp("$at/conf/proxycache.conf"), "# mine\n", 'my configuration is left alone';
done_testing;
