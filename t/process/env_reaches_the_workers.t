# env: TZ is kept without being named; NAME=VALUE sets a variable for the workers. Their clock shows it.
use lib 't/lib';
use Proxycache;

my $server = "events { }\nhttp { server { listen %%listen%%; return 200 \$time_local; } }\n";
my %expected = ('' => '+0300', 'env TZ;' => '+0300', 'env TZ=UTC-9;' => '+0900', 'env OTHER=1;' => '+0300');
for my $line (sort keys %expected) {
    my $pc = Proxycache->start(env => {TZ => 'UTC-3'}, conf => "$line\n$server");
    like $pc->get('/')->body, qr/ \Q$expected{$line}\E$/, ($line || 'nothing') . " is $expected{$line}";
    $pc->stop;
}
done_testing;
