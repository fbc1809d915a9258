# -T prints the configuration with its includes put in place, which reads back as the same, and for each route the
# modules of its pipeline in the order they run, each with the reason why it is there.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->prepare(server => <<'E');
    server_name site.example;
    include more.conf;
    location = /exact { return 200 "a \"quoted\" text; with {braces} # and more"; }
    location ~ \.(gif|png)$ { root /srv; }
E
$pc->write_file('conf/more.conf', "# a comment\nlocation / { proxy_pass http://127.0.0.1:1; allow all; add_header X y; }\n");
my $dump = $pc->run(args => ['-T']);
is $dump->{status}, 0, 'exit code';
my ($conf, $pipelines) = split /^# the pipeline/m, $dump->{out};
like $conf, qr/^    server \{\n        listen \S+;\n        server_name site\.example;\n        location \/ \{\n            proxy_pass /m, 'includes in place, indented';
unlike $conf, qr/include|comment/, 'neither include nor comments';
like $conf, qr/location ~ \\\.\(gif\|png\)\$ \{/, 'regular expressions as they were written';
like $pipelines, qr/^# server site\.example location \/\n((?:#   .*\n)+)/m, 'a pipeline';
my ($modules) = $pipelines =~ /^# server site\.example location \/\n((?:#   .*\n)+)/m;
my @shown = map { [/^#   (\w+) \((\d+)\): (.+)$/] } split /\n/, $modules;
is scalar(grep { @$_ != 3 } @shown), 0, 'name, priority and reason in each line' or diag $modules;
is_deeply [map { $_->[1] } @shown], [sort { $a <=> $b } map { $_->[1] } @shown], 'in the order they run';
my %reason = map { $_->[0] => $_->[2] } @shown;
like $reason{proxy_core} // '', qr/proxy_pass/, 'proxy_core: for proxy_pass';
like $reason{access} // '', qr/allow/, 'access: for allow';
like $pipelines, qr/^# server site\.example location = \/exact$/m, 'each location has one';

$pc->write_file('conf/test.conf', $conf);
my $again = $pc->run(args => ['-T']);
is $again->{status}, 0, 'what is printed is a configuration' or diag $again->{err};
is $again->{out}, $dump->{out}, 'and means the same';
done_testing;
