// The keeper's part in purges: carries out standing orders by walking the zones, so that they can go.
#pragma once

#include <vector>

#include "event/loop.h"
#include "event/task.h"
#include "exchange/worker.h"

namespace cache_module {

struct OpenZone;

class Sweeper {
 public:
  /// Looks this often whether there are new orders …
  static constexpr base::Duration kEvery{1000};
  /// … and walks again after this many looks while old ones stand.
  static constexpr uint32_t kIdleLooks = 60;

  explicit Sweeper(exchange::Worker& worker);

 private:
  static void on_time(void* owner);
  event::Task<void> run(OpenZone& open);

  exchange::Worker& worker_;
  event::Timer timer_;
  std::vector<uint64_t> swept_;  // by zone: the newest order that was carried out
  uint32_t looks_ = 0;
  size_t busy_ = 0;
  std::function<bool()> goes_on_;
  std::function<void()> stopped_;  // set: the process ends when no sweep runs
};

}  // namespace cache_module
