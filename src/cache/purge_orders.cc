#include "cache/purge_orders.h"

#include <cstring>
#include <ctime>
#include <new>
#include <set>
#include <tuple>

#include "base/check.h"
#include "shm/crash_point.h"

namespace cache {

/// One order in the log; its text follows. Written before `used` counts it, then never changed.
struct PurgeOrders::Record {
  uint32_t size;  // of all, a multiple of 8
  uint32_t time;
  uint64_t sequence;
  base::Digest digest;
  uint16_t text_size;
  PurgeKind kind;
  bool soft;
  uint32_t reserved;
};

/// What orders take of what is bounded.
struct PurgeOrders::Room {
  size_t bytes = 0;
  size_t patterns = 0;
  void take(const PurgeOrder& order) {
    bytes += sizeof(Record) + order.text.size() + 8;
    patterns += order.kind == PurgeKind::regex ? 1 : 0;
  }
};

namespace {

/// Sequences begin with the time, so that those of a later run are above those of an earlier one.
uint64_t ticks_now() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return (static_cast<uint64_t>(now.tv_sec) << 8) + static_cast<uint64_t>(now.tv_nsec) / 3906250;
}

uint64_t newest(const std::unordered_map<uint64_t, uint64_t>& orders, uint64_t number) {
  auto found = orders.find(number);
  return found == orders.end() ? 0 : found->second;
}

}  // namespace

uint64_t tag_number(std::string_view tag) { return base::hash64(tag); }
base::Digest uri_digest(std::string_view uri) { return base::digest128(uri); }

void PurgeOrders::format(std::byte* memory, size_t) {
  Header* header = new (memory) Header();
  header->sequence.store(ticks_now());
  header->epoch = 1;
}

PurgeOrders::PurgeOrders(shm::Mapping mapping) : mapping_(std::move(mapping)) {
  PC_CHECK(mapping_.size() >= kBytes);
}

PurgeOrders::~PurgeOrders() = default;

size_t PurgeOrders::capacity() const { return ((mapping_.size() - sizeof(Header)) / 2) & ~size_t{63}; }

std::byte* PurgeOrders::half(uint32_t which) const {
  return mapping_.memory() + sizeof(Header) + (which & 1) * capacity();
}

shm::Locked PurgeOrders::locked() {
  return shm::Locked(header().lock, [this] { recover(); });
}

// Whatever the dead one did, the half that is current is whole as far as `used` says. Counts are derived.
void PurgeOrders::recover() {
  Header& head = header();
  ++head.epoch;
  std::vector<PurgeOrder> orders = read(0);
  for (const PurgeOrder& order : orders) {
    if (order.sequence > head.sequence.load()) head.sequence.store(order.sequence);
  }
  head.standing.store(static_cast<uint32_t>(orders.size()));
  head.generation.fetch_add(1, std::memory_order_release);
}

void PurgeOrders::reach(uint64_t mark) {
  shm::Locked lock = locked();
  if (header().sequence.load() < mark) header().sequence.store(mark, std::memory_order_release);
}

std::vector<PurgeOrder> PurgeOrders::read(uint32_t from) const {
  std::vector<PurgeOrder> orders;
  uint32_t which = header().current.load() & 1;
  uint32_t used = header().used[which].load(std::memory_order_acquire);
  if (used > capacity()) return orders;
  for (uint32_t at = from; at + sizeof(Record) <= used;) {
    Record record;
    std::memcpy(&record, half(which) + at, sizeof record);
    if (record.size < sizeof record + record.text_size || record.size > used - at) break;
    PurgeOrder order;
    order.kind = record.kind;
    order.soft = record.soft;
    order.sequence = record.sequence;
    order.time = record.time;
    order.digest = record.digest;
    order.text.assign(reinterpret_cast<const char*>(half(which) + at + sizeof record), record.text_size);
    orders.push_back(std::move(order));
    at += record.size;
  }
  return orders;
}

bool PurgeOrders::append(uint32_t which, const PurgeOrder& order) {
  Record record{};
  record.size = static_cast<uint32_t>((sizeof record + order.text.size() + 7) & ~size_t{7});
  record.time = order.time;
  record.sequence = order.sequence;
  record.digest = order.digest;
  record.text_size = static_cast<uint16_t>(order.text.size());
  record.kind = order.kind;
  record.soft = order.soft;
  uint32_t used = header().used[which].load();
  if (used + record.size > capacity()) return false;
  std::byte* place = half(which) + used;
  std::memcpy(place, &record, sizeof record);
  std::memcpy(place + sizeof record, order.text.data(), order.text.size());
  PC_CRASH_POINT("purge order written");
  header().used[which].store(used + record.size, std::memory_order_release);
  return true;
}

void PurgeOrders::rewrite(const std::vector<PurgeOrder>& orders) {
  Header& head = header();
  uint32_t other = (head.current.load() + 1) & 1;
  head.used[other].store(0);
  for (const PurgeOrder& order : orders) append(other, order);
  PC_CRASH_POINT("purge orders rewritten");
  ++head.epoch;
  head.current.store(other, std::memory_order_release);
  PC_CRASH_POINT("purge orders switched");
  head.standing.store(static_cast<uint32_t>(orders.size()), std::memory_order_release);
  head.generation.fetch_add(1, std::memory_order_release);
}

/// Coalesces: of orders for the same thing the newest stays. When that is still too much, the newest that
/// fill half of the room stay, and the others become one that covers everything; those by key are forgotten.
void PurgeOrders::make_room() {
  std::vector<PurgeOrder> orders = read(0);
  std::set<std::tuple<PurgeKind, bool, uint64_t, uint64_t, std::string>> seen;
  std::vector<PurgeOrder> kept;
  Room room;
  for (auto order = orders.rbegin(); order != orders.rend(); ++order) {
    if (!seen.emplace(order->kind, order->soft, order->digest.low, order->digest.high, order->text).second) {
      continue;
    }
    room.take(*order);
    kept.push_back(std::move(*order));
  }
  if (room.bytes > capacity() * 3 / 4 || room.patterns >= kMostPatterns) cut(kept);
  std::reverse(kept.begin(), kept.end());
  rewrite(kept);
}

/// `orders`: newest first.
void PurgeOrders::cut(std::vector<PurgeOrder>& orders) const {
  std::vector<PurgeOrder> kept;
  PurgeOrder all;
  all.kind = PurgeKind::everything;
  Room room;
  for (PurgeOrder& order : orders) {
    room.take(order);
    bool fits = all.sequence == 0 && room.bytes <= capacity() / 2 && room.patterns <= kMostPatterns / 2;
    if (fits) {
      kept.push_back(std::move(order));
    } else if ((order.kind != PurgeKind::key || order.soft) && all.sequence == 0) {
      all.sequence = order.sequence;
      all.time = order.time;
    }
  }
  if (all.sequence != 0) kept.push_back(std::move(all));
  orders = std::move(kept);
}

base::Result<void> PurgeOrders::add_remembered(const PurgeOrder& order) {
  base::Result<uint64_t> added = insert(order, (uint64_t{order.time} + 1) << 8);
  return added ? base::Result<void>() : tl::unexpected(added.error());
}

base::Result<uint64_t> PurgeOrders::insert(PurgeOrder order, uint64_t sequence) {
  if (order.text.size() > PurgeOrder::kLongestText) return base::fail("the text of a purge is too long");
  if (order.kind == PurgeKind::regex) {
    base::Result<PurgePattern> pattern = PurgePattern::compile(order.text);
    if (!pattern) return tl::unexpected(pattern.error());
  }
  shm::Locked lock = locked();
  refresh();
  Header& head = header();
  size_t patterns = books_[0].patterns.size() + books_[1].patterns.size();
  if (order.kind == PurgeKind::regex && patterns >= kMostPatterns) {
    make_room();
    refresh();
  }
  uint64_t ticks = ticks_now();
  order.sequence = sequence != 0 ? sequence : std::max(head.sequence.load() + 1, ticks);
  if (order.time == 0) order.time = static_cast<uint32_t>(ticks >> 8);
  if (!append(head.current.load() & 1, order)) {
    make_room();
    PC_CHECK(append(head.current.load() & 1, order));
  }
  head.standing.fetch_add(1, std::memory_order_release);
  PC_CRASH_POINT("purge order counted");
  // From here on nobody starts a fetch that it covers.
  if (order.sequence > head.sequence.load()) head.sequence.store(order.sequence, std::memory_order_release);
  head.generation.fetch_add(1, std::memory_order_release);
  return order.sequence;
}

// With the lock.
void PurgeOrders::refresh() {
  Header& head = header();
  if (seen_epoch_ != head.epoch) {
    for (Book& book : books_) book = Book();
    read_to_ = 0;
    seen_epoch_ = head.epoch;
  }
  for (const PurgeOrder& order : read(read_to_)) note(order);
  read_to_ = head.used[head.current.load() & 1].load();
  seen_generation_ = head.generation.load();
}

void PurgeOrders::note(const PurgeOrder& order) {
  Book& book = books_[order.soft];
  auto raise = [&order](uint64_t& sequence) { sequence = std::max(sequence, order.sequence); };
  switch (order.kind) {
    case PurgeKind::key: return raise(book.keys[order.digest.low]);
    case PurgeKind::uri: return raise(book.uris[order.digest.low]);
    case PurgeKind::tag: return raise(book.tags[order.digest.low]);
    case PurgeKind::prefix: return raise(book.prefixes[order.text.size()][base::hash64(order.text)]);
    case PurgeKind::everything: return raise(book.everything);
    case PurgeKind::floor: return;
    case PurgeKind::regex: break;
  }
  base::Result<PurgePattern> pattern = PurgePattern::compile(order.text);
  if (pattern) book.patterns.push_back({std::move(*pattern), order.sequence});
}

bool PurgeOrders::Book::covers(const Subject& subject, uint64_t uri_number, uint64_t key_number) const {
  uint64_t mark = subject.mark;
  if (mark < everything || mark < newest(keys, key_number) || mark < newest(uris, uri_number)) return true;
  if (!tags.empty()) {
    for (size_t at = 0; at + sizeof(uint64_t) <= subject.tag_bytes.size(); at += sizeof(uint64_t)) {
      uint64_t tag = 0;
      std::memcpy(&tag, subject.tag_bytes.data() + at, sizeof tag);
      if (mark < newest(tags, tag)) return true;
    }
  }
  for (const auto& [size, texts] : prefixes) {
    if (size > subject.uri.size()) break;
    if (mark < newest(texts, base::hash64(subject.uri.substr(0, size)))) return true;
  }
  for (const Pattern& each : patterns) {
    if (mark < each.sequence && each.pattern.matches(subject.uri)) return true;
  }
  return false;
}

Covered PurgeOrders::covers(const Subject& subject) {
  if (!any()) return Covered::no;
  if (header().generation.load(std::memory_order_acquire) != seen_generation_) {
    shm::Locked lock = locked();
    refresh();
  }
  uint64_t uri_number = uri_digest(subject.uri).low;
  if (books_[0].covers(subject, uri_number, subject.digest.low)) return Covered::absent;
  return books_[1].covers(subject, uri_number, subject.digest.low) ? Covered::stale : Covered::no;
}

void PurgeOrders::retire(uint64_t sequence, uint32_t now, bool soft) {
  if (!any()) return;
  shm::Locked lock = locked();
  std::vector<PurgeOrder> orders = read(0);
  size_t before = orders.size();
  std::erase_if(orders, [&](const PurgeOrder& order) {
    return order.sequence <= sequence && (soft || !order.soft) &&
           int64_t{now} - order.time > int64_t{kLeastSeconds};
  });
  if (orders.size() != before) rewrite(orders);
}

std::vector<PurgeOrder> PurgeOrders::standing() {
  shm::Locked lock = locked();
  return read(0);
}

}  // namespace cache
