#include "modules/cache/orders.h"

#include <algorithm>

#include "cache/stored_marks.h"
#include "modules/cache/control.h"
#include "modules/cache/purge.h"
#include "shm/segment.h"

namespace cache_module {

namespace {

/// The segments of all zones, by their index; shared by the configuration's parts.
struct OrderSegments {
  std::vector<shm::SegmentPtr> zones;
};

cache::Covered ask_orders(const CacheState& state, const Candidate& candidate) {
  cache::PurgeOrders::Subject subject;
  std::string_view head = candidate.fill != nullptr ? std::string_view(candidate.fill->object().head)
                          : candidate.growing       ? candidate.growing.head
                                                    : candidate.found.head;
  cache::StoredMarks marks = cache::read_stored_marks(head);
  subject.digest = state.digest;
  subject.uri = marks.uri.empty() ? state.key : marks.uri;
  subject.tag_bytes = marks.tag_bytes;
  subject.mark = candidate.facts().mark();
  return state.open->orders->covers(subject);
}

}  // namespace

cache::PurgeOrders* orders_of(exchange::Worker& worker, size_t zone) {
  if (!worker.keeps(kPurgeModule)) return nullptr;
  OpenOrders& open = worker.kept<OpenOrders>(kPurgeModule);
  return zone < open.zones.size() ? open.zones[zone].get() : nullptr;
}

std::string_view uri_of(exchange::Exchange& exchange) {
  static const CacheConf kPlainKey;
  return make_key(exchange, kPlainKey);
}

bool outlives_orders(exchange::Exchange& exchange, CacheState& state, Candidate& candidate) {
  if (state.open->orders == nullptr || !state.open->orders->any()) return true;
  cache::Covered covered = ask_orders(state, candidate);
  if (covered == cache::Covered::no) return true;
  state.detail = covered == cache::Covered::stale ? "purged-softly" : "purged";
  if (candidate.fill != nullptr || candidate.growing) {
    // What grows is not worth waiting for when it is stale already. Nobody joins it from here on, so that
    // those who come now share one fetch among themselves.
    state.open->zone.purge(candidate.place);
    return false;
  }
  if (covered == cache::Covered::absent) return false;
  cache::Freshness& freshness = candidate.found.facts.freshness;
  freshness.lifetime = std::min(freshness.lifetime, freshness.age(exchange.worker.clock().wall_seconds()));
  return true;
}

base::Result<void> make_order_segments(const exchange::Module& module, exchange::Builder& builder) {
  add_control_resources(module, builder);
  if (builder.segments == nullptr || builder.test_only) return {};
  auto made =
      builder.shared<OrderSegments>(kSharedKind, "orders", [] { return std::make_shared<OrderSegments>(); });
  for (const std::shared_ptr<ZoneConf>& zone : zones(builder).zones) {
    base::Result<shm::SegmentPtr> segment =
        builder.segments->open("purges:" + zone->name, cache::PurgeOrders::kLayout,
                               cache::PurgeOrders::kBytes, cache::PurgeOrders::format);
    if (!segment) return tl::unexpected(segment.error());
    made->zones.push_back(*segment);
  }
  return {};
}

base::Result<void> open_orders(const exchange::Module& module, exchange::Worker& worker) {
  auto open = std::make_shared<OpenOrders>();
  worker.keep(module, open);
  if (worker.parts() == nullptr) return {};
  auto made = worker.parts()->find_shared<OrderSegments>(kSharedKind, "orders");
  if (!made) return {};
  for (const shm::SegmentPtr& segment : made->zones) {
    base::Result<shm::Mapping> mapping = segment->map();
    if (!mapping) return tl::unexpected(mapping.error());
    open->zones.push_back(std::make_unique<cache::PurgeOrders>(std::move(*mapping)));
  }
  if (!worker.is_keeper()) return {};
  open->sweeper = std::make_unique<Sweeper>(worker);
  open->warmer = std::make_unique<Warmer>(worker);
  std::shared_ptr<WarmSet> warm = worker.parts()->find_shared<WarmSet>(kSharedKind, "warm");
  if (warm) open->warmer->begin(std::move(warm));
  return {};
}

}  // namespace cache_module
