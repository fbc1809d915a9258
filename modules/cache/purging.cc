#include "modules/cache/purging.h"

#include "cache/stored_marks.h"
#include "event/gate.h"
#include "modules/cache/walk.h"

namespace cache_module {

using cache::EntryKind;
using cache::PurgeKind;
using cache::PurgeOrder;

namespace {

/// Whether an order names an object, whenever that was stored: for counting.
class Naming {
 public:
  static base::Result<Naming> make(const PurgeOrder& order) {
    Naming naming(order);
    if (order.kind != PurgeKind::regex) return naming;
    base::Result<cache::PurgePattern> pattern = cache::PurgePattern::compile(order.text);
    if (!pattern) return tl::unexpected(pattern.error());
    naming.pattern_ = std::make_shared<cache::PurgePattern>(std::move(*pattern));
    return naming;
  }

  bool names(const cache::Zone& zone, const cache::Zone::Walked& object) const {
    cache::StoredMarks marks = cache::read_stored_marks(object.head);
    std::string_view uri = marks.uri.empty() ? object.key : marks.uri;
    switch (order_->kind) {
      case PurgeKind::key: return zone.digest(object.key) == order_->digest;
      case PurgeKind::uri: return cache::uri_digest(uri) == order_->digest;
      case PurgeKind::tag: return bears(marks.tag_bytes, order_->digest.low);
      case PurgeKind::prefix: return uri.starts_with(order_->text);
      case PurgeKind::regex: return pattern_->matches(uri);
      case PurgeKind::everything: return true;
      case PurgeKind::floor: return false;
    }
    return false;
  }

 private:
  explicit Naming(const PurgeOrder& order) : order_(&order) {}
  static bool bears(std::string_view tags, uint64_t tag) {
    for (; tags.size() >= sizeof tag; tags.remove_prefix(sizeof tag)) {
      if (std::memcmp(tags.data(), &tag, sizeof tag) == 0) return true;
    }
    return false;
  }
  const PurgeOrder* order_;
  std::shared_ptr<cache::PurgePattern> pattern_;
};

/// Puts every order in force, in memory and, where the zone has a disk, on it.
base::Result<void> put_in_force(OpenZone& open, const PurgeWish& wish) {
  for (const PurgeOrder& order : wish.orders) {
    base::Result<uint64_t> added = open.orders->add(order);
    if (!added) return tl::unexpected(added.error());
  }
  return {};
}

event::Task<bool> remember(exchange::Worker& worker, OpenZone& open, const PurgeWish& wish) {
  if (!open.remember) co_return true;
  event::Answer<bool> answer(worker.loop().ready());
  // A restart goes by the time: what was fetched later is not covered.
  std::vector<PurgeOrder> orders = wish.orders;
  for (PurgeOrder& order : orders) order.time = static_cast<uint32_t>(worker.clock().wall_seconds());
  open.remember(std::move(orders), [&answer](bool done) { answer.give(done); });
  bool done = co_await answer;
  co_return done;
}

/// Counts what is named, removing it where `remove`.
event::Task<uint64_t> count_named(exchange::Worker& worker, OpenZone& open,
                                  const std::vector<Naming>& namings, bool remove, bool on_disk) {
  uint64_t count = 0;
  WalkLimits limits;
  limits.on_disk = on_disk;
  cache::Zone::WalkPlace place;
  std::vector<base::Digest> found;
  std::function<void(const cache::Zone::Walked&)> visit = [&](const cache::Zone::Walked& object) {
    if (object.kind != EntryKind::object) return;
    for (const Naming& naming : namings) {
      if (!naming.names(open.zone, object)) continue;
      found.push_back(object.digest);
      return;
    }
  };
  for (bool more = true; more;) {
    more = co_await walk_slice(worker, open, place, limits, visit);
    count += found.size();
    if (remove) {
      for (const base::Digest& digest : found) open.zone.purge(digest);
    }
    found.clear();
  }
  co_return count;
}

/// One key: where nothing varies it needs no walk.
bool is_plain_key(const PurgeWish& wish) {
  return wish.orders.size() == 1 && wish.orders.front().kind == PurgeKind::key;
}

}  // namespace

PurgeOrder make_order(const cache::Zone& zone, PurgeKind kind, std::string_view text, bool soft) {
  PurgeOrder order;
  order.kind = kind;
  order.soft = soft;
  if (kind == PurgeKind::key) order.digest = zone.digest(text);
  if (kind == PurgeKind::uri) order.digest = cache::uri_digest(text);
  if (kind == PurgeKind::tag) order.digest.low = cache::tag_number(text);
  if (kind == PurgeKind::prefix || kind == PurgeKind::regex) order.text = text;
  return order;
}

event::Task<void> carry_out(exchange::Worker& worker, OpenZone& open, const PurgeWish& wish,
                            PurgeOutcome& outcome) {
  std::vector<Naming> namings;
  for (const PurgeOrder& order : wish.orders) {
    base::Result<Naming> naming = Naming::make(order);
    if (!naming) {
      outcome.done = tl::unexpected(naming.error());
      co_return;
    }
    namings.push_back(*naming);
  }
  EntryKind kind = EntryKind::unpublished;
  if (is_plain_key(wish)) kind = open.zone.kind_of(wish.orders.front().digest);
  if (!wish.dry_run) {
    outcome.done = put_in_force(open, wish);
    if (!outcome.done) co_return;
    bool remembered = co_await remember(worker, open, wish);
    if (!remembered) outcome.done = base::fail("the purge is in force, but could not be written to the disk");
  }
  bool soft = !wish.orders.empty() && wish.orders.front().soft;
  bool remove = !wish.dry_run && !soft;
  if (is_plain_key(wish) && kind != EntryKind::marker) {
    outcome.count = kind == EntryKind::object ? 1 : 0;
    if (remove) open.zone.purge(wish.orders.front().digest);
    co_return;
  }
  if (!wish.count && !wish.dry_run && !is_plain_key(wish)) co_return;
  bool on_disk = wish.count_on_disk;
  uint64_t count = co_await count_named(worker, open, namings, remove, on_disk);
  outcome.count = count;
  if (is_plain_key(wish) && remove) open.zone.purge(wish.orders.front().digest);
}

event::Task<void> sweep(exchange::Worker& worker, OpenZone& open, const std::function<bool()>& goes_on) {
  bool loading =
      open.tiers && (!open.tiers->store().totals().mounted || open.tiers->store().totals().loading);
  WalkLimits limits;
  limits.goes_on = goes_on;
  uint64_t until = open.orders->mark();
  bool any_stale = false;
  std::vector<base::Digest> absent;
  std::function<void(const cache::Zone::Walked&)> visit = [&](const cache::Zone::Walked& object) {
    if (object.kind != EntryKind::object) return;
    cache::StoredMarks marks = cache::read_stored_marks(object.head);
    cache::PurgeOrders::Subject subject;
    subject.digest = open.zone.digest(object.key);
    subject.uri = marks.uri.empty() ? object.key : marks.uri;
    subject.tag_bytes = marks.tag_bytes;
    subject.mark = object.facts.mark();
    cache::Covered covered = open.orders->covers(subject);
    any_stale = any_stale || covered == cache::Covered::stale;
    if (covered == cache::Covered::absent) absent.push_back(object.digest);
  };
  cache::Zone::WalkPlace place;
  for (bool more = true; more;) {
    more = co_await walk_slice(worker, open, place, limits, visit);
    for (const base::Digest& digest : absent) open.zone.purge(digest);
    absent.clear();
  }
  // Not everything was seen: the orders stand on.
  bool offline = open.tiers && open.tiers->store().totals().offline;
  if (loading || offline || !goes_on()) co_return;
  open.orders->retire(until, static_cast<uint32_t>(worker.clock().wall_seconds()), !any_stale);
}

}  // namespace cache_module
