#include "modules/cache/worker_zones.h"

#include <algorithm>

#include "exchange/route.h"
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
    if (conf->notes_segment) {
      mapping = conf->notes_segment->map();
      if (!mapping) return tl::unexpected(mapping.error());
      open_.back()->notes = std::make_unique<cache::Notes>(std::move(*mapping));
    }
    inactive_.push_back(conf->inactive);
    base::Result<void> counts = open_uses(*open_.back(), *conf);
    if (!counts) return counts;
    base::Result<void> on_disk = open_disk(*open_.back(), *conf);
    if (!on_disk) return on_disk;
  }
  worker_.on_wake([this] {
    for (const std::unique_ptr<OpenZone>& open : open_) {
      if (open->tiers) open->tiers->look();
      open->fills.look();
    }
  });
  if (!worker_.is_keeper() || open_.empty()) return {};
  worker_.on_death([this](uint32_t process_index) { release(process_index); });
  tidy_.start(kTidyEvery);
  return {};
}

base::Result<void> WorkerZones::open_uses(OpenZone& open, const ZoneConf& conf) {
  if (!conf.uses_segment) return {};
  base::Result<shm::Mapping> mapping = conf.uses_segment->map();
  if (!mapping) return tl::unexpected(mapping.error());
  open.uses_memory.emplace(std::move(*mapping));
  open.uses.emplace(open.uses_memory->memory(), cache::UseCounts::bytes(conf.keys_size), conf.inactive);
  return {};
}

base::Result<void> WorkerZones::open_disk(OpenZone& open, const ZoneConf& conf) {
  if (!conf.on_disk) return {};
  base::Result<shm::Mapping> mapping = conf.disk_segment->map();
  if (!mapping) return tl::unexpected(mapping.error());
  cache::DiskSettings settings;
  settings.max_size = conf.max_size;
  settings.min_free = conf.min_free;
  cache::DiskStorePtr store =
      cache::DiskStore::make(worker_.loop(), worker_.disk(), cache::make_system_folder(conf.path), settings,
                             std::move(*mapping), static_cast<shm::ProcessIndex>(worker_.process_index()));
  cache::Tiers::Identity identity{conf.name, conf.path};
  open.tiers =
      std::make_unique<cache::Tiers>(worker_.loop(), worker_.log(), open.zone, std::move(store), identity);
  cache::Tiers& tiers = *open.tiers;
  open.fills.set_disk(&tiers);
  open.remember = [&tiers](std::vector<cache::PurgeOrder> orders, std::function<void(bool)> done) {
    tiers.purge(std::move(orders), std::move(done));
  };
  // Loading leaves out what was purged by key, URI or as a whole; the others are held against what is found.
  tiers.on_remembered([&open](const cache::PurgeOrder& order) {
    bool stands = order.kind == cache::PurgeKind::tag || order.kind == cache::PurgeKind::prefix ||
                  order.kind == cache::PurgeKind::regex;
    if (stands && open.orders != nullptr) (void)open.orders->add(order);
  });
  worker_.on_end([&tiers](std::function<void()> done) { tiers.stop(std::move(done)); });
  if (worker_.is_keeper()) {
    // A restart makes the orders of the run before it stand again.
    tiers.on_remembered([orders = open.orders](const cache::PurgeOrder& order) {
      if (orders != nullptr) (void)orders->add_remembered(order);
    });
    tiers.on_mounted([&open] { open.fills.wake_all(); });
    tiers.keep();
  } else {
    tiers.attach();
  }
  return {};
}

void WorkerZones::release(uint32_t process_index) {
  for (const std::unique_ptr<OpenZone>& open : open_) {
    open->fills.release_process(static_cast<shm::ProcessIndex>(process_index));
    if (open->tiers) open->tiers->release_process(static_cast<shm::ProcessIndex>(process_index));
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

namespace {

/// proxy_cache_min_uses of some route needs a table of the zone's own.
base::Result<void> make_uses_segment(ZoneConf& zone, const exchange::Builder& builder) {
  bool counts = std::ranges::any_of(builder.routes, [&zone](const exchange::Route* route) {
    const auto* conf = static_cast<const CacheConf*>(route->find(CacheConf::kSection));
    return conf != nullptr && conf->zone.get() == &zone && conf->min_uses > 1;
  });
  if (!counts) return {};
  size_t bytes = cache::UseCounts::bytes(zone.keys_size);
  base::Result<shm::SegmentPtr> segment =
      builder.segments->open("uses:" + zone.name, 1, bytes, [](std::byte*, size_t) {});
  if (!segment) return tl::unexpected(segment.error());
  zone.uses_segment = *segment;
  return {};
}

}  // namespace

base::Result<void> make_segments(const exchange::Module&, exchange::Builder& builder) {
  if (builder.segments == nullptr || builder.test_only) return {};
  for (const std::shared_ptr<ZoneConf>& zone : zones(builder).zones) {
    const cache::ZoneShape& shape = zone->shape;
    // What lies on the disk is found again only by digests of the same seed.
    auto format = [&shape, &zone](std::byte* memory, size_t) {
      std::optional<uint64_t> seed;
      if (zone->on_disk) seed = cache::read_saved_seed(zone->path);
      cache::Zone::format(memory, shape, seed ? *seed : base::random_seed());
    };
    base::Result<shm::SegmentPtr> segment =
        builder.segments->open("cache:" + zone->name, shape.layout(), shape.total, format);
    if (!segment) return tl::unexpected(segment.error());
    zone->segment = *segment;
    base::Result<void> counts = make_uses_segment(*zone, builder);
    if (!counts) return counts;
    segment = builder.segments->open("notes:" + zone->name, cache::Notes::kLayout, cache::Notes::kBytes,
                                     [](std::byte*, size_t) {});
    if (!segment) return tl::unexpected(segment.error());
    zone->notes_segment = *segment;
    if (!zone->on_disk) continue;
    segment = builder.segments->open("disk:" + zone->path, cache::kDiskLayout, cache::DiskRegions::bytes(),
                                     [](std::byte* memory, size_t) { cache::DiskRegions::format(memory); });
    if (!segment) return tl::unexpected(segment.error());
    zone->disk_segment = *segment;
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
