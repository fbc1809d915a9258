# Exact, wildcard in front, wildcard behind, regular expression with a named capture, default server.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(http => <<'E');
    server { listen %%listen%%; server_name first; return 200 first; }
    server { listen %%listen%% default_server; server_name ""; return 200 default; }
    server { listen %%listen%%; server_name www.example.com .example.net; return 200 "exact $server_name"; }
    server { listen %%listen%%; server_name *.example.com; return 200 front; }
    server { listen %%listen%%; server_name www.example.*; return 200 behind; }
    server { listen %%listen%%; server_name ~^(?<user>\w+)\.users\.test$; return 200 "user $user"; }
E
my %expected = (
    'first' => 'first', 'FIRST' => 'first', 'first:8080' => 'first', 'first.' => 'first',
    'nobody' => 'default',
    'www.example.com' => 'exact www.example.com', 'example.net' => 'exact www.example.com',
    'a.example.net' => 'exact www.example.com',
    'a.b.example.com' => 'front', 'www.example.org' => 'behind', 'joe.users.test' => 'user joe',
);
is $pc->get('/', {Host => $_})->body, $expected{$_}, $_ for sort keys %expected;
done_testing;
