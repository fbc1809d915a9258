// The keeper's part in warming: asks this Proxycache itself for a list of URLs, at a bounded rate, and throws
// away what comes; the workers store it as they would for anybody. What is fresh already costs the origin
// nothing.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "event/cancel.h"
#include "event/task.h"
#include "exchange/worker.h"
#include "modules/cache/warm_list.h"
#include "net/address.h"

namespace cache_module {

/// One proxy_cache_warm line.
struct WarmFile {
  std::string path;
  std::string base;
  double rate = 0;
  net::Address at;
};
struct WarmSet {
  std::vector<WarmFile> files;
};

/// "127.0.0.1:80", "[::1]:80"
base::Result<net::Address> parse_place(std::string_view text);
/// Requests a second: above 0.
base::Result<double> parse_rate(std::string_view text);

class Warmer {
 public:
  static constexpr size_t kMostUrls = 4'000'000;  ///< waiting at one time
  static constexpr size_t kTogether = 8;          ///< requests at one time
  static constexpr double kUsualRate = 100;       ///< requests a second

  explicit Warmer(exchange::Worker& worker);

  /// Goes on with these behind those that wait. `rate`: requests a second from now on. `at`: where this
  /// Proxycache listens; not known(): at the URL's port of 127.0.0.1. Errors: too many.
  base::Result<void> add(std::vector<std::string> urls, double rate, const net::Address& at);
  /// Forgets those that wait.
  void stop() { waiting_.clear(); }
  /// Reads the files, once what lies on disks is known, and warms with them.
  void begin(std::shared_ptr<const WarmSet> set);

  struct Progress {
    size_t total = 0, done = 0, failed = 0;  ///< since nothing was under way
    bool running = false;
    std::string last_error;
  };
  Progress progress() const;

 private:
  struct Asked {
    std::string url;
    net::Address at;
  };
  event::Task<void> run();
  event::Task<void> read(std::shared_ptr<const WarmSet> set);
  event::Task<void> fetch(const Asked& asked, std::string& wrong);
  void end_if_done();

  exchange::Worker& worker_;
  event::CancelScope cancel_;
  std::deque<Asked> waiting_;
  Progress progress_;
  double pause_ = 1000 / kUsualRate;  // milliseconds
  double next_ = 0;                   // when the next may be asked, monotonic milliseconds
  size_t running_ = 0;
  std::function<void()> stopped_;
};

}  // namespace cache_module
