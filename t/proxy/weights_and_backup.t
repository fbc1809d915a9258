# Smooth weighted round robin with weights; a backup is asked only when the others are out.
use lib 't/lib';
use Proxycache;

my $a = Origin->new(sub ($request) { [200, {}, 'a'] });
my $b = Origin->new(sub ($request) { [200, {}, 'b'] });
my $c = Origin->new(sub ($request) { [200, {}, 'c'] });
my $pc = Proxycache->start(a => $a, b => $b, c => $c, http => <<'H', server => <<'E');
upstream weights { server %%a%% weight=5; server %%b%%; server %%c%%; }
upstream backup  { server %%dead%% max_fails=1; server %%c%% backup; }
upstream down    { server %%a%% down; server %%b%%; }
H
    location /weights { proxy_pass http://weights; }
    location /backup  { proxy_pass http://backup; }
    location /down    { proxy_pass http://down; }
E
is join('', map { $pc->get('/weights')->body } 1 .. 14), 'aabacaaaabacaa', 'nginx\'s order for 5, 1, 1';
is $pc->get('/backup')->body, 'c', 'the backup answers' for 1 .. 3;
is scalar(() = $pc->error_log =~ /connect\(\) failed/g), 1, 'the dead peer was asked once';
is $pc->get('/down')->body, 'b', 'what is down is not asked' for 1 .. 3;
done_testing;
