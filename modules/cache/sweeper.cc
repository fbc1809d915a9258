#include "modules/cache/sweeper.h"

#include "modules/cache/cache.h"
#include "modules/cache/purging.h"

namespace cache_module {

Sweeper::Sweeper(exchange::Worker& worker) : worker_(worker), timer_(worker.loop(), on_time, this) {
  goes_on_ = [this] { return !stopped_; };
  worker.on_end([this](std::function<void()> done) {
    timer_.stop();
    stopped_ = std::move(done);
    if (busy_ == 0) stopped_();
  });
  timer_.start(kEvery);
}

event::Task<void> Sweeper::run(OpenZone& open) {
  co_await sweep(worker_, open, goes_on_);
  if (--busy_ == 0 && stopped_) stopped_();
}

void Sweeper::on_time(void* owner) {
  Sweeper& self = *static_cast<Sweeper*>(owner);
  self.timer_.start(kEvery);
  if (self.busy_ != 0) return;
  const auto& zones = self.worker_.kept<WorkerZones>(kModule).all();
  self.swept_.resize(zones.size());
  bool again = ++self.looks_ % kIdleLooks == 0;
  for (size_t i = 0; i < zones.size(); ++i) {
    cache::PurgeOrders* orders = zones[i]->orders;
    if (orders == nullptr || !orders->any()) continue;
    uint64_t newest = orders->mark();
    if (newest == self.swept_[i] && !again) continue;
    self.swept_[i] = newest;
    ++self.busy_;
    event::spawn(self.run(*zones[i]));
  }
}

}  // namespace cache_module
