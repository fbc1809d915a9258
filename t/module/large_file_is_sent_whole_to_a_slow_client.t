# A large file reaches a client that reads slowly, byte for byte, and another one meanwhile is answered.
use lib 't/lib';
use Proxycache;
use Digest::MD5 'md5_hex';

my $pc = Proxycache->prepare(server => '');
my $bytes = join '', map { pack 'N', $_ * 2_654_435_761 & 0xffffffff } 0 .. 2_000_000;
$pc->write_file('html/big', $bytes);
$pc->write_file('html/small', 'small');
$pc->launch;

my $slow = $pc->connect('listen', rcvbuf => 4096);
$slow->request('GET', '/big');
is $pc->get('/small')->body, 'small', 'others are answered';
my $r = $slow->read_response;
is $r->body_length, length $bytes;
is md5_hex($r->body), md5_hex($bytes), 'byte for byte';
done_testing;
