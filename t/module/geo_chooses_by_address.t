# geo by the client, by another text, behind a proxy, with ranges.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->start(http => <<'E1', server => 'location / { return 200 "$mine $other $behind $range"; }');
    geo $mine              { default no; 127.0.0.0/8 loop; }
    geo $arg_a $other      { default no; 10.0.0.0/8 wide; 10.1.0.0/16 narrow; 2001:db8::/32 six; }
    geo $behind            { default no; proxy 127.0.0.1; 192.0.2.0/24 far; }
    geo $arg_a $range      { ranges; default no; 10.0.0.0-10.0.0.9 ten; 10.0.0.5-10.0.0.5 five; }
E1
sub values_of ($a, %fields) { $pc->get("/?a=$a", {%fields})->body }
is values_of('10.0.0.1'), 'loop wide no ten';
is values_of('10.0.0.5'), 'loop wide no five', 'a later range';
is values_of('10.1.2.3'), 'loop narrow no no', 'the smallest network';
is values_of('2001:db8::7'), 'loop six no no';
is values_of('x', 'X-Forwarded-For' => '192.0.2.9'), 'loop no far no', 'behind a proxy';
done_testing;
