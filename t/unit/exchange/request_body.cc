#include "exchange/request_body.h"

#include <dirent.h>
#include <sys/stat.h>

#include <cstdlib>

#include "t/unit/exchange/rig.h"

namespace {

/// Reads a body in a folder of its own.
class Reading {
 public:
  explicit Reading(std::string directives) : rig_(make_folder(directives)) {
    rig_.stream.request().framing = http::Framing::streamed;
  }
  ~Reading() {
    std::string command = "rm -rf " + folder_;
    cr_assert_eq(system(command.c_str()), 0);
  }
  void start() { event::spawn(read(rig_.exchange(), status)); }
  void finish() {
    rig_.stream.body.finish();
    rig_.run_until([&] { return status >= 0; });
  }
  rig::Rig& rig() { return rig_; }
  rig::Body& wire() { return rig_.stream.body; }
  exchange::RequestBody& body() { return rig_.exchange().body(); }
  std::string text() {
    http::BodyPtr reader = body().reader();
    return rig_.read(*reader);
  }
  int files() const {
    int count = 0;
    DIR* folder = opendir(folder_.c_str());
    for (dirent* entry = readdir(folder); entry != nullptr; entry = readdir(folder))
      count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
  }
  int status = -1;

 private:
  static event::Task<void> read(exchange::Exchange& exchange, int& status) {
    exchange::RequestBody& body = exchange.body();
    status = co_await body.read_whole();
  }
  std::string make_folder(const std::string& directives) {
    char name[] = "/tmp/pc-body-XXXXXX";
    cr_assert_not_null(mkdtemp(name));
    folder_ = name;
    if (directives.find("client_body_temp_path") != std::string::npos) return directives;
    return directives + " client_body_temp_path " + folder_ + ";";
  }
  std::string folder_;
  rig::Rig rig_;
};

}  // namespace

Test(request_body, small_one_stays_in_memory) {
  Reading reading("");
  reading.start();
  reading.wire().arrive("hello ");
  reading.wire().arrive("world");
  cr_assert_eq(reading.status, -1);
  reading.finish();
  cr_assert_eq(reading.status, 0);
  cr_assert(reading.body().memory() == "hello world");
  cr_assert(reading.body().file_path().empty());
  rig::same(reading.text(), "hello world");
  rig::same(reading.text(), "hello world");  // again
  cr_assert_not(reading.wire().has_reader());
}

Test(request_body, large_one_goes_to_a_file_without_a_name) {
  Reading reading("client_body_buffer_size 4k;");
  reading.start();
  std::string expected;
  for (int i = 0; i < 100; ++i) {
    std::string piece(1000, static_cast<char>('a' + i % 26));
    expected += piece;
    reading.wire().arrive(std::move(piece));
    reading.rig().worker.loop().run_once(false);
  }
  reading.finish();
  cr_assert_eq(reading.status, 0);
  cr_assert_eq(reading.body().size(), expected.size());
  cr_assert(reading.body().memory().empty());
  cr_assert_not(reading.body().file_path().empty());
  cr_assert_eq(reading.files(), 0);
  cr_assert(reading.text() == expected);
  cr_assert(reading.rig().log_.has("[warn] a client request body is buffered to a temporary file"));
}

Test(request_body, in_file_only_keeps_the_file) {
  Reading reading("client_body_in_file_only on;");
  reading.start();
  reading.wire().arrive("x");
  reading.finish();
  cr_assert_eq(reading.status, 0);
  cr_assert_eq(reading.files(), 1);
  rig::same(reading.rig().evaluate("$request_body"), "");
  rig::same(reading.rig().evaluate("$request_body_file"), std::string(reading.body().file_path()));
  rig::same(reading.text(), "x");
}

Test(request_body, clean_removes_the_file_with_the_exchange) {
  Reading reading("client_body_in_file_only clean;");
  reading.start();
  reading.wire().arrive("x");
  reading.finish();
  cr_assert_eq(reading.files(), 1);
  reading.body().~RequestBody();
  cr_assert_eq(reading.files(), 0);
  new (&reading.body()) exchange::RequestBody(reading.rig().exchange());
}

Test(request_body, announced_length_over_the_limit_is_413_at_once) {
  Reading reading("client_max_body_size 10;");
  reading.rig().stream.request().framing = http::Framing::length;
  reading.rig().stream.request().content_length = 11;
  reading.start();
  cr_assert_eq(reading.status, 413);
  cr_assert(reading.rig().log_.has("client intended to send too large body: 11 bytes"));
}

Test(request_body, chunked_over_the_limit_is_413) {
  Reading reading("client_max_body_size 10;");
  reading.start();
  reading.wire().arrive("12345678901");
  reading.rig().run_until([&] { return reading.status >= 0; });
  cr_assert_eq(reading.status, 413);
}

Test(request_body, zero_limit_is_none) {
  Reading reading("client_max_body_size 0;");
  reading.start();
  reading.wire().arrive(std::string(100000, 'x'));
  reading.finish();
  cr_assert_eq(reading.status, 0);
}

Test(request_body, client_that_leaves_is_499) {
  Reading reading("");
  reading.start();
  reading.rig().exchange().client_gone = true;
  reading.rig().exchange().cancel.cancel();
  reading.rig().run_until([&] { return reading.status >= 0; });
  cr_assert_eq(reading.status, 499);
  cr_assert_not(reading.body().complete());
}

Test(request_body, client_that_is_silent_is_408) {
  Reading reading("");
  reading.start();
  reading.rig().exchange().client_gone = true;
  reading.rig().exchange().end = http::StreamEnd::timed_out;
  reading.rig().exchange().cancel.cancel();
  reading.rig().run_until([&] { return reading.status >= 0; });
  cr_assert_eq(reading.status, 408);
}

Test(request_body, what_the_wire_refuses_keeps_its_status) {
  Reading reading("");
  reading.start();
  reading.rig().stream.request().refused = 413;
  reading.wire().fail();
  reading.rig().run_until([&] { return reading.status >= 0; });
  cr_assert_eq(reading.status, 413);
}

Test(request_body, unwritable_folder_is_500) {
  Reading reading("client_body_in_file_only on; client_body_temp_path /nowhere;");
  reading.start();
  reading.wire().arrive("x");
  reading.finish();
  cr_assert_eq(reading.status, 500);
  cr_assert(reading.rig().log_.has("[crit] open() \"/nowhere/"));
}

Test(request_body, levels_are_the_last_digits) {
  Reading reading("client_body_in_file_only clean;");
  exchange::TempFile file("/tmp/pc-levels", {1, 2, 0}, exchange::TempFile::After::remove);
  cr_assert_eq(mkdir("/tmp/pc-levels", 0700) == 0 || errno == EEXIST, true);
  cr_assert(file.append("x").has_value());
  const std::string& path = file.path();  // /tmp/pc-levels/9/78/1234567789
  std::string name = path.substr(path.rfind('/') + 1);
  rig::same(path, ("/tmp/pc-levels/" + name.substr(9) + "/" + name.substr(7, 2) + "/" + name));
}
