# A folder without an index is 403, a path that is not there 404, and the log says which file.
use lib 't/lib';
use Proxycache;

my $pc = Proxycache->prepare(server => 'location /quiet/ { log_not_found off; }');
mkdir $pc->prefix . '/html/empty';
$pc->write_file('html/secret.txt', 'x');
$pc->write_file('html/plain', 'x');
$pc->launch;

is $pc->get('/empty/')->status, 403;
ok $pc->wait_log(qr{\[error\] .*directory index of ".*/html/empty/" is forbidden, client: 127.0.0.1, server: .*, request: "GET /empty/ HTTP/1.1"}), 'said in the log';
is $pc->get('/missing/')->status, 404, 'no such folder';
ok $pc->wait_log(qr{\[error\] .*".*/html/missing/" is not found}), 'said in the log';
is $pc->get('/missing.html')->status, 404;
ok $pc->wait_log(qr{open\(\) ".*/html/missing.html" failed \(2: No such file or directory\)}), 'said in the log';
is $pc->get('/plain/x')->status, 404, 'a file is no folder';
is $pc->get('/quiet/x')->status, 404;
unlike $pc->error_log, qr{quiet/x" failed}, 'log_not_found off';
done_testing;
