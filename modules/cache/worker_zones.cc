#include "modules/cache/worker_zones.h"

#include "modules/cache/orders.h"

namespace cache_module {

namespace {

/// How often the keeper looks for objects nobody asks for, …
constexpr base::Duration kTidyEvery{5000};
/// … and in how many looks it has seen the whole zone.
constexpr size_t kTidyParts = 12;

}  // namespace

WorkerZones::WorkerZones(exchange::Worker& worker) : worker_(worker), tidy_(worker.loop(), on_tidy, this) {}

base::Result<void> WorkerZones::open(const ZoneSet& set) {
  for (const std::shared_ptr<ZoneConf>& conf : set.zones) {
    base::Result<shm::Mapping> mapping = conf->segment->map();
    if (!mapping) return tl::unexpected(mapping.error());
    open_.push_back(std::make_unique<OpenZone>(std::move(*mapping), *conf, worker_));
    open_.back()->orders = orders_of(worker_, conf->index);
    inactive_.push_back(conf->inactive);
  }
  worker_.on_wake([this] {
    for (const std::unique_ptr<OpenZone>& open : open_) open->fills.look();
  });
  if (!worker_.is_keeper() || open_.empty()) return {};
  worker_.on_death([this](uint32_t process_index) { release(process_index); });
  tidy_.start(kTidyEvery);
  return {};
}

void WorkerZones::release(uint32_t process_index) {
  for (const std::unique_ptr<OpenZone>& open : open_) {
    open->fills.release_process(static_cast<shm::ProcessIndex>(process_index));
  }
}

void WorkerZones::on_tidy(void* owner) {
  WorkerZones& self = *static_cast<WorkerZones*>(owner);
  int64_t now = self.worker_.clock().wall_seconds();
  for (size_t i = 0; i < self.open_.size(); ++i) {
    cache::Zone& zone = self.open_[i]->zone;
    int64_t before = now - self.inactive_[i];
    if (before > 0) zone.remove_unused(static_cast<uint32_t>(before), zone.capacity() / kTidyParts + 1);
  }
  self.tidy_.start(kTidyEvery);
}

base::Result<void> make_segments(const exchange::Module&, exchange::Builder& builder) {
  if (builder.segments == nullptr || builder.test_only) return {};
  for (const std::shared_ptr<ZoneConf>& zone : zones(builder).zones) {
    const cache::ZoneShape& shape = zone->shape;
    base::Result<shm::SegmentPtr> segment =
        builder.segments->open("cache:" + zone->name, shape.layout(), shape.total,
                               [&shape](std::byte* memory, size_t) { cache::Zone::format(memory, shape); });
    if (!segment) return tl::unexpected(segment.error());
    zone->segment = *segment;
  }
  return {};
}

base::Result<void> open_zones(const exchange::Module& module, exchange::Worker& worker) {
  auto open = std::make_shared<WorkerZones>(worker);
  worker.keep(module, open);
  if (worker.parts() == nullptr) return {};
  std::shared_ptr<ZoneSet> set = worker.parts()->find_shared<ZoneSet>(kSharedKind, "zones");
  return set ? open->open(*set) : base::Result<void>();
}

}  // namespace cache_module
