# USR1: lines go to the file that the name means then, also those that waited in a buffer.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(http => 'log_format l "line $uri";', server => <<'E2');
    location /plain/    { access_log logs/plain.log l; return 200 ok; }
    location /buffered/ { access_log logs/buffered.log l buffer=64k; return 200 ok; }
E2
$pc->get('/plain/1');
$pc->get('/buffered/1');
ok $pc->wait_for(sub { $pc->read_file('logs/plain.log') ne '' });
my $prefix = $pc->prefix;
rename "$prefix/logs/$_.log", "$prefix/logs/$_.old" or die $! for qw(plain buffered);
$pc->signal('USR1');
ok $pc->wait_for(sub { -e "$prefix/logs/plain.log" && -e "$prefix/logs/buffered.log" }), 'new files';
ok $pc->wait_for(sub { $pc->read_file('logs/buffered.old') eq "line /buffered/1\n" }), 'what waited is in the old file';
ok $pc->wait_for(sub { $pc->get('/plain/2'); $pc->read_file('logs/plain.log') =~ m{line /plain/2} }), 'new lines in the new one';
is $pc->read_file('logs/plain.old') =~ s{line /plain/2\n}{}gr, "line /plain/1\n", 'each line once';
done_testing;
