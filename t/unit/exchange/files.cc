// Files as bodies, opened and cached.

#include <fcntl.h>
#include <sys/stat.h>

#include <fstream>

#include "exchange/file_body.h"
#include "exchange/file_cache.h"
#include "exchange/open_file.h"
#include "t/unit/exchange/rig.h"

using exchange::FileBody;
using exchange::FileCache;
using exchange::OpenedFile;

namespace {

/// A file that goes with the test.
class File {
 public:
  explicit File(std::string_view bytes) { std::ofstream(path, std::ios::binary) << bytes; }
  ~File() { unlink(path.c_str()); }
  exchange::SharedFd open() const {
    return std::make_shared<const net::Fd>(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  }
  std::string path = fmt::format("/tmp/pc-file-{}", getpid());
};

event::Task<void> open_into(exchange::Exchange& exchange, std::string_view path, OpenedFile& opened,
                            bool& done) {
  opened = co_await exchange::open_file(exchange.worker, *exchange.route->core, path);
  done = true;
}

OpenedFile open_now(rig::Rig& rig, const std::string& path) {
  OpenedFile opened;
  bool done = false;
  event::spawn(open_into(rig.exchange(), path, opened, done));
  rig.run_until([&] { return done; });
  return opened;
}

}  // namespace

Test(file_body, gives_its_part) {
  rig::Rig rig;
  std::string bytes;
  for (int i = 0; i < 300'000; ++i) bytes += static_cast<char>(i * 7);
  File file(bytes);
  FileBody body(rig.worker, file.open(), 1000, 200'000);
  http::FilePart part = body.file_part();
  cr_assert_geq(part.file, 0);
  cr_assert_eq(part.offset, 1000u);
  cr_assert_eq(part.size, 200'000u);
  cr_assert(rig.read(body) == bytes.substr(1000, 200'000));
  cr_assert_eq(*body.remaining(), 0u);
}

Test(file_body, goes_on_after_what_was_sent_otherwise) {
  rig::Rig rig;
  File file("0123456789");
  FileBody body(rig.worker, file.open(), 0, 10);
  body.consume(4);  // by sendfile
  rig::same(rig.read(body), "456789");
}

Test(file_body, file_that_became_shorter_fails) {
  rig::Rig rig;
  File file("0123");
  FileBody body(rig.worker, file.open(), 0, 10);
  rig::same(rig.read(body), "0123 (failed)");
}

Test(file_body, may_go_while_a_thread_reads) {
  rig::Rig rig;
  File file(std::string(100'000, 'x'));
  for (int i = 0; i < 50; ++i) {
    auto body = std::make_unique<FileBody>(rig.worker, file.open(), 0, 100'000);
    iovec piece;
    body->peek({&piece, 1});
    body.reset();
    rig.worker.loop().run_once(false);
  }
}

Test(open_file, tells_what_is_there) {
  rig::Rig rig;
  File file("12345");
  OpenedFile opened = open_now(rig, file.path);
  cr_assert_eq(opened.error, 0);
  cr_assert(opened.is_regular);
  cr_assert_eq(opened.size, 5u);
  cr_assert(open_now(rig, "/tmp").is_directory);
  cr_assert_eq(open_now(rig, "/tmp/nobody/here").error, ENOENT);
  cr_assert_eq(open_now(rig, file.path + "/x").error, ENOTDIR);
}

Test(open_file, fifo_does_not_stop_us) {
  rig::Rig rig;
  std::string path = fmt::format("/tmp/pc-fifo-{}", getpid());
  cr_assert_eq(mkfifo(path.c_str(), 0600), 0);
  OpenedFile opened = open_now(rig, path);
  unlink(path.c_str());
  cr_assert_eq(opened.error, 0);
  cr_assert_not(opened.is_regular);
}

Test(file_cache, least_used_goes_first) {
  base::Clock clock;
  FileCache cache(clock, 2, base::Duration(60000));
  OpenedFile opened;
  cache.put("a", opened, 1);
  cache.put("b", opened, 1);
  cr_assert_not_null(cache.find("a", base::Duration(1000)));
  cache.put("c", opened, 1);
  cr_assert_not_null(cache.find("a", base::Duration(1000)));
  cr_assert_null(cache.find("b", base::Duration(1000)));
}

Test(file_cache, old_answers_are_asked_again) {
  base::Clock clock;
  FileCache cache(clock, 2, base::Duration(60000));
  cache.put("a", OpenedFile(), 1);
  clock.advance(base::Duration(1000));
  cr_assert_null(cache.find("a", base::Duration(1000)));
  cr_assert_not_null(cache.find("a", base::Duration(1001)));
}

Test(file_cache, what_nobody_asks_for_goes) {
  base::Clock clock;
  FileCache cache(clock, 10, base::Duration(5000));
  cache.put("a", OpenedFile(), 1);
  clock.advance(base::Duration(5000));
  cr_assert_null(cache.find("b", base::Duration(60000)));
  cr_assert_eq(cache.size(), 0u);
}

Test(file_cache, min_uses_before_it_is_kept) {
  base::Clock clock;
  FileCache cache(clock, 10, base::Duration(5000));
  cache.put("a", OpenedFile(), 2);
  cr_assert_null(cache.find("a", base::Duration(1000)));
  cache.put("a", OpenedFile(), 2);
  cr_assert_not_null(cache.find("a", base::Duration(1000)));
}
