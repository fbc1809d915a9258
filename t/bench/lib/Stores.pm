# What the cache's own code does, without a server.
package Stores;

use v5.36;
use Bench;

# All told: head, key and index too. Exact, so once is enough.
sub object {
    my $out = qx($option{programs}/zone_size $option{objects} 2>&1);
    my ($kib)   = $out =~ /all told, ([\d.]+) KiB/                  or die "zone_size: $out";
    my ($index) = $out =~ /index: ([\d.]+) bytes an object beside/ or die "zone_size: $out";
    raw('object     %s', $_) for split /\n/, $out;
    verdict('an object of 1 KiB, cache memory all told', $kib,   1.45, 'KiB');
    verdict('  its entry in the index beside its key',   $index, 64,   'bytes');
}

1;
