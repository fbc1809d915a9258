# Errors in proxy_cache* are found by -t, each with its reason.
use lib 't/lib';
use Proxycache;

my %case = (
    'proxy_cache_path cache;'                           => qr/arguments|keys_zone/,
    'proxy_cache_path cache keys_zone=one;'             => qr/keys_zone "one" is not name:size/,
    'proxy_cache_path cache keys_zone=one:1k;'          => qr/too small/,
    'proxy_cache_path cache keys_zone=one:1m levels=3;' => qr/invalid levels "3"/,
    'proxy_cache_path cache keys_zone=one:1m other=1;'  => qr/invalid parameter "other=1"/,
    'proxy_cache_path a keys_zone=one:1m; proxy_cache_path b keys_zone=one:1m;' => qr/duplicate zone "one"/,
    'proxy_cache two;'             => qr/"proxy_cache" zone "two" is unknown/,
    'proxy_cache_valid abc 1m;'    => qr/invalid status "abc"/,
    'proxy_cache_methods DELETE;'  => qr/invalid value "DELETE"/,
);
for my $text (sort keys %case) {
    my $run = Proxycache->run(http => $text, args => ['-t']);
    isnt $run->{status}, 0, "refused: $text";
    like $run->{err}, $case{$text}, 'with its reason';
}
my $run = Proxycache->run(args => ['-t'], http => 'proxy_cache_path cache levels=1:2 keys_zone=one:10m max_size=10g '
      . 'inactive=60m use_temp_path=off min_free=1g manager_files=1 loader_sleep=1ms purger=off;');
is $run->{status}, 0, "nginx's parameters are accepted" or diag $run->{err};

done_testing;
