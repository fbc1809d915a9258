# A file of conf/examples, with nothing changed but where it listens, where its folders are and where its origins live.
package Example;

use v5.36;
use Proxycache ();

# start('virtual-hosts', {'10.0.0.11:8080' => '%%a%%', ...}, arguments of Proxycache->start)
sub start ($class, $name, $instead, %option) {
    my $pc = prepare($class, $name, $instead, %option);
    $pc->launch or die "the example $name does not start:\n" . $pc->stderr . $pc->error_log;
    return $pc;
}

# The same, not started, so that files can be put into its folders first.
sub prepare ($class, $name, $instead, %option) {
    my $text = Proxycache::slurp("$Proxycache::tree/conf/examples/$name.conf") || die "no example $name";
    for my $there (sort { length $b <=> length $a } keys %$instead) {
        $text =~ s/\Q$there\E/$instead->{$there}/g or die "$name.conf does not hold '$there'";
    }
    $text =~ s{^\s*listen\s+\[::\]:80[^;]*;\n}{}mg;
    $text =~ s{(\blisten\s+)80\b}{$1%%listen%%}g;
    $text =~ s{/etc/nginx}{%%prefix%%/conf}g;
    $text =~ s{/var/log/nginx}{%%prefix%%/logs}g;
    $text =~ s{/run/nginx\.pid}{%%prefix%%/logs/proxycache.pid}g;
    $text =~ s{/var/cache/nginx}{%%prefix%%/cache}g;
    $text =~ s{/var/www|/srv}{%%prefix%%$&}g;
    my $pc = Proxycache->prepare(conf => $text, %option);
    $pc->write_file('conf/mime.types', Proxycache::slurp("$Proxycache::tree/conf/mime.types"));
    return $pc;
}

1;
