# What is missing is said in one line, with the one command that installs it.
use lib 't/lib';
use Proxycache;

my $folder = File::Temp::tempdir(CLEANUP => 1);
my $none   = Proxycache::run_command(["$Proxycache::tree/configure", "--builddir=$folder", 'CXX=no-such-compiler']);
is $none->{status}, 1, 'without a compiler it fails';
is scalar(() = $none->{err} =~ /\n/g), 1, 'in one line';
like $none->{err}, qr/missing: no-such-compiler.* apt-get install g\+\+ /, 'which names the command';
ok !-e "$folder/config.mk", 'and leaves nothing behind';

# A compiler that finds no ev.h stands for a machine without libev.
open my $compiler, '>', "$folder/cc" or die $!;
print $compiler "#!/bin/sh\nfor word; do case \$word in *.cc) grep -q 'ev.h' \$word && exit 1;; esac; done\nexec g++ \"\$@\"\n";
close $compiler;
chmod 0755, "$folder/cc";
my $libev = Proxycache::run_command(["$Proxycache::tree/configure", "--builddir=$folder/objs", "--with-cc=$folder/cc"]);
is $libev->{status}, 1, 'without libev it fails';
like $libev->{err}, qr/^configure: missing: libev\. Install with: apt-get install libev-dev$/, 'and names its package';
done_testing;
