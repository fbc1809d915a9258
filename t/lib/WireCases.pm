# One table of cases that every version of HTTP answers alike. A .t of each version runs it:
#
#   use WireCases; WireCases::run('http2 on;', sub ($pc) { my $c = Http2Client->new($pc->connect); sub (@request) { $c->ask(@request) } });
#
# The second argument is called with the program and gives what asks: (method, path, {fields}, body, %option) to a Response; with
# `trailers => [[name, value]]` the body has no length and those behind it; undef or `truncated` when the answer did not come whole.
package WireCases;

use v5.36;
use Proxycache;
use Digest::MD5 qw(md5_hex);

my $large = join '', map { pack 'N', $_ * 2654435761 % 4294967296 } 1 .. 500_000;
my $tag   = '"v1"';

sub origin ($request) {
    my $target = $request->target;
    my %dated  = ('Last-Modified' => 'Mon, 01 Jan 2024 00:00:00 GMT', ETag => $tag, 'Cache-Control' => 'max-age=60');
    return [200, {%dated}, 'stored ' . $request->number] if $target =~ m{^/stored};
    return [200, {'Content-Type' => 'text/plain'}, ''] if $target eq '/empty';
    return [204, {}, ''] if $target eq '/204';
    return [404, {'X-From' => 'origin'}, 'nothing here'] if $target eq '/404';
    return [200, {}, $large] if $target eq '/large';
    return {status => 200, headers => {}, chunked => 1, body => $large} if $target eq '/large/chunked';
    return {status => 200, headers => {}, until_close => 1, body => $large} if $target eq '/large/until-close';
    return {raw => ["HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort", ['close']]} if $target eq '/cut';
    return {raw => ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n", ['close']]} if $target eq '/cut/chunked';
    return {status => 200, headers => {}, chunked => 1, body => 'abc', trailers => {'X-Sum' => 7}} if $target eq '/trailers';
    return {status => 200, headers => {}, body => 'x', interim => [[103, {Link => '</a>'}]]} if $target eq '/hints';
    return [200, {'X-Accel-Redirect' => '/inner/there'}, ''] if $target eq '/accel';
    return [200, {'Set-Cookie' => ['a=1', 'b=2'], Connection => 'x-hop', 'X-Hop' => 1, 'Keep-Alive' => 'timeout=5'}, 'fields'] if $target eq '/fields';
    return [200, {}, md5_hex($request->body) . ' ' . length $request->body] if $target =~ m{^/digest};
    return [200, {}, join '|', map { "$_=" . ($request->header($_) // '-') } qw(Host X-One Cookie TE Connection Transfer-Encoding Content-Length)] if $target eq '/echo-fields';
    return [200, {}, join '|', $request->method, $target, $request->body, map { "$_->[0]=$_->[1]" } $request->trailers->@*];
}

my $server = <<'S';
    client_max_body_size 3m; early_hints on; proxy_pass_trailers on; large_client_header_buffers 4 4k;
    location / { proxy_pass http://%%origin%%; }
    location /stored { proxy_pass http://%%origin%%; proxy_cache z; add_header X-State $upstream_cache_status; }
    location /streamed { proxy_pass http://%%origin%%; proxy_request_buffering off; proxy_buffering off; }
    location /small { client_max_body_size 10; proxy_pass http://%%origin%%; }
    location /inner { internal; return 200 inner; }
    location /dead { proxy_pass http://%%dead%%; }
    location /return { return 200 "$server_name $request_uri $scheme"; }
    location /moved { return 301 /elsewhere; }
    location /denied { deny all; }
    location /page { error_page 404 =418 /return; return 404; }
    location /file { root html; }
    location /secret { auth_basic x; auth_basic_user_file %%prefix%%/none; }
S

# [name, request, expectation of the Response]
my @cases = (
    ['GET', ['GET', '/a?b=c'], sub ($r) { is $r->body, 'GET|/a?b=c|' }],
    ['GET with an encoded path', ['GET', '/a%20b/%7e'], sub ($r) { is $r->body, 'GET|/a%20b/%7e|' }],
    ['HEAD', ['HEAD', '/stored/head'], sub ($r) { is $r->status . $r->body . $r->header('content-length'), '2008' }],
    ['POST', ['POST', '/p', {}, 'text'], sub ($r) { is $r->body, 'POST|/p|text' }],
    ['POST of nothing', ['POST', '/p', {}, ''], sub ($r) { is $r->body, 'POST|/p|' }],
    ['PUT of two megabytes', ['PUT', '/digest', {}, $large], sub ($r) { is $r->body, md5_hex($large) . ' 2000000' }],
    ['PATCH', ['PATCH', '/p', {}, 'x'], sub ($r) { is $r->body, 'PATCH|/p|x' }],
    ['an unknown method', ['BREW', '/p'], sub ($r) { is $r->body, 'BREW|/p|' }],
    ['a body of unknown length', ['POST', '/streamed', {}, 'abc', trailers => []], sub ($r) { is $r->body, 'POST|/streamed|abc' }],
    ['trailers of a request', ['POST', '/streamed', {}, 'abc', trailers => [['x-sum', 7]]], sub ($r) { like $r->body, qr/^POST\|\/streamed\|abc\|x-sum=7$/i }],
    ['trailers of a response', ['GET', '/trailers', {te => 'trailers'}], sub ($r) { is $r->body . $r->trailer('x-sum'), 'abc7' }],
    ['an interim answer', ['GET', '/hints'], sub ($r) { is join('|', map({ $_->status . $_->header('link') } $r->interim->@*), $r->status), '103</a>|200' }],
    ['an empty body', ['GET', '/empty'], sub ($r) { is $r->body . $r->header('content-length'), '0' }],
    ['an answer without content', ['GET', '/204'], sub ($r) { is $r->status . $r->body . ($r->header('content-length') // '-'), '204-' }],
    ['404 of the origin', ['GET', '/404'], sub ($r) { is $r->status . $r->body . $r->header('x-from'), '404nothing hereorigin' }],
    ['a large answer', ['GET', '/large'], sub ($r) { is md5_hex($r->body), md5_hex($large) }],
    ['in chunks', ['GET', '/large/chunked'], sub ($r) { is md5_hex($r->body), md5_hex($large) }],
    ['until the end of the connection', ['GET', '/large/until-close'], sub ($r) { is md5_hex($r->body), md5_hex($large) }],
    ['an answer that is cut', ['GET', '/cut'], undef],
    ['a chunked answer that is cut', ['GET', '/cut/chunked'], undef],
    ['a miss', ['GET', '/stored/1'], sub ($r) { is $r->header('x-state'), 'MISS' }],
    ['a hit', ['GET', '/stored/1'], sub ($r) { is $r->header('x-state') . defined($r->header('age')), 'HIT1' }],
    ['not modified', ['GET', '/stored/1', {'if-none-match' => $tag}], sub ($r) { is $r->status . $r->body . $r->header('etag'), "304$tag" }],
    ['not modified by date', ['GET', '/stored/1', {'if-modified-since' => 'Mon, 01 Jan 2024 00:00:00 GMT'}], sub ($r) { is $r->status, 304 }],
    ['a precondition that fails', ['GET', '/stored/1', {'if-match' => '"other"'}], sub ($r) { is $r->status, 412 }],
    ['a range', ['GET', '/stored/1', {range => 'bytes=0-5'}], sub ($r) { is $r->status . $r->body . $r->header('content-length'), '206stored6' }],
    ['a range that is not there', ['GET', '/stored/1', {range => 'bytes=100-'}], sub ($r) { is $r->status, 416 }],
    ['several ranges', ['GET', '/stored/1', {range => 'bytes=0-1,3-4'}], sub ($r) { like $r->status . $r->header('content-type'), qr{^206multipart/byteranges} }],
    ['X-Accel-Redirect', ['GET', '/accel'], sub ($r) { is $r->body, 'inner' }],
    ['an internal location', ['GET', '/inner/x'], sub ($r) { is $r->status, 404 }],
    ['a dead origin', ['GET', '/dead'], sub ($r) { is $r->status, 502 }],
    ['return', ['GET', '/return/x?y'], sub ($r) { like $r->body, qr{^localhost /return/x\?y https?$} }],
    ['another server', ['GET', '/', {host => 'other.test'}], sub ($r) { is $r->body, 'other' }],
    ['a redirect', ['GET', '/moved'], sub ($r) { like $r->status . $r->header('location'), qr{^301https?://localhost(:\d+)?/elsewhere$} }],
    ['denied', ['GET', '/denied'], sub ($r) { is $r->status, 403 }],
    ['no password', ['GET', '/secret'], sub ($r) { is $r->status . $r->header('www-authenticate'), '401Basic realm="x"' }],
    ['error_page', ['GET', '/page'], sub ($r) { is $r->status, 418 }],
    ['a file', ['GET', '/file/a.txt'], sub ($r) { is $r->status . $r->body, '200a file' }],
    ['a part of it', ['GET', '/file/a.txt', {range => 'bytes=2-'}], sub ($r) { is $r->status . $r->body, '206file' }],
    ['no file', ['GET', '/file/b.txt'], sub ($r) { is $r->status, 404 }],
    ['fields of a response', ['GET', '/fields'], sub ($r) { is join('|', $r->headers('set-cookie'), map { $r->header($_) // '-' } qw(x-hop keep-alive)), 'a=1|b=2|-|-' }],
    ['fields of a request', ['GET', '/echo-fields', {'x-one' => '1', cookie => 'c=d', te => 'trailers'}], sub ($r) { like $r->body, qr/^Host=[^|]+\|X-One=1\|Cookie=c=d\|TE=-\|Connection=(close|-)\|Transfer-Encoding=-\|Content-Length=-$/ }],
    ['a value with bytes above 127', ['GET', '/echo-fields', {'x-one' => "\xc3\xa9"}], sub ($r) { like $r->body, qr/X-One=\xc3\xa9\|/ }],
    ['too large a body', ['POST', '/small', {}, 'x' x 11], sub ($r) { is $r->status, 413 }],
    ['of unknown length', ['POST', '/small', {}, 'x' x 11, trailers => []], sub ($r) { is $r->status, 413 }],
    ['a long path', ['GET', '/' . 'x' x 5000], sub ($r) { is $r->status, 414 }],
    ['a long field', ['GET', '/', {x => 'x' x 5000}], sub ($r) { is $r->status =~ s/400/431/r, 431 }],
    ['TRACE', ['TRACE', '/'], sub ($r) { is $r->status, 405 }],
    ['a path above the root', ['GET', '/../x'], sub ($r) { is $r->status, 400 }],
    ['a broken escape', ['GET', '/%zz'], sub ($r) { is $r->status, 400 }],
);

sub run ($lines, $connect) {
    my $origin = Origin->new(\&origin);
    my $pc     = Proxycache->prepare(origin => $origin, http => <<"H");
    proxy_cache_path %%prefix%%/cache keys_zone=z:1m;
    log_format w '\$request|\$status'; access_log logs/w.log w;
    server { listen %%listen%%; server_name localhost; $lines $server }
    server { listen %%listen%%; server_name other.test; return 200 other; }
H
    $pc->write_file('html/file/a.txt', 'a file');
    $pc->launch;
    my $ask = $connect->($pc);
    for my $case (@cases) {
        my ($name, $request, $check) = @$case;
        my $response = $ask->(@$request);
        subtest $name => sub {
            return ok !$response || $response->truncated, 'it does not look whole' unless $check;
            return fail 'no whole answer' if !$response || $response->truncated;
            $check->($response);
        };
    }
    ok $pc->wait_for(sub { (() = $pc->read_file('logs/w.log') =~ /\n/g) >= @cases }), 'each is in the log';
    return $pc;
}

1;
