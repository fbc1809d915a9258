# The variables that the request gives, each in an answer.
use lib 't/lib';
use Proxycache;
use Sys::Hostname;

my @names = qw(args query_string is_args uri document_uri request_uri request_method request scheme https server_protocol host
    request_port is_request_port arg_a arg_B arg_none http_user_agent http_x_two http_none content_type content_length
    cookie_id cookie_none remote_addr remote_user server_addr server_name server_port hostname nginx_version pid pipe
    document_root realpath_root request_filename limit_rate status);
my $text = join '|', map { "$_=\$$_" } @names;
my $pc = Proxycache->start(text => $text, server => <<'E');
    server_name site.example other.example;
    root %%prefix%%/html/../html;
    location / { return 203 "%%text%%"; }
E
my $client = $pc->connect;
$client->write("POST /a%20b/../c?a=1&b=two&&a=3 HTTP/1.1\r\nHost: OTHER.example:8080\r\nUser-Agent: T/1 \"q\"\r\nX-Two: 1\r\nX-Two: 2\r\n"
    . "Content-Type: text/x\r\nContent-Length: 3\r\nCookie: other=1; id=42; id=43\r\nAuthorization: Basic am9lOnBhc3M=\r\n\r\nabc");
my $body = $client->read_response->body;
my %seen = map { split /=/, $_, 2 } split /\|/, $body;
my $prefix = $pc->prefix;
my %expected = (
    args => 'a=1&b=two&&a=3', query_string => 'a=1&b=two&&a=3', is_args => '?', uri => '/c', document_uri => '/c',
    request_uri => '/a%20b/../c?a=1&b=two&&a=3', request_method => 'POST', request => 'POST /a%20b/../c?a=1&b=two&&a=3 HTTP/1.1',
    scheme => 'http', https => '', server_protocol => 'HTTP/1.1', host => 'other.example', request_port => '8080',
    is_request_port => ':', arg_a => '1', arg_B => 'two', arg_none => '', http_user_agent => 'T/1 "q"', http_x_two => '1, 2',
    http_none => '', content_type => 'text/x', content_length => '3', cookie_id => '42', cookie_none => '',
    remote_addr => '127.0.0.1', remote_user => 'joe', server_addr => '127.0.0.1', server_name => 'site.example',
    server_port => $pc->port, hostname => lc hostname(), nginx_version => '1.30.0', pid => ($pc->workers)[0], pipe => '.',
    document_root => "$prefix/html/../html", realpath_root => "$prefix/html", request_filename => "$prefix/html/../html/c",
    limit_rate => '0', status => '203',
);
is $seen{$_}, $expected{$_}, "\$$_" for @names;
my $plain = $pc->get('/', {Host => 'site.example'})->body;
like $plain, qr/\bargs=\|query_string=\|is_args=\|/, 'no query';
like $plain, qr/\brequest_port=\|is_request_port=\|/, 'no port in Host';
like $plain, qr/\bcontent_type=\|content_length=\|/, 'no body';
like $plain, qr/\bremote_user=\|/, 'no user';
done_testing;
