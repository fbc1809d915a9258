#include "cache/disk_purge_log.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <tuple>

#include "shm/crash_point.h"

namespace cache {

namespace {

constexpr size_t kSlot = 64;

struct EntryHeader {
  static constexpr uint32_t kMagic = 0x43505531;
  uint32_t magic;
  PurgeKind kind;
  uint8_t soft;
  uint16_t text_size;
  uint64_t sequence;
  base::Digest digest;
  uint32_t time;
  uint32_t reserved[5];
  uint64_t checksum;  // of what is before it, and the text
};
static_assert(sizeof(EntryHeader) == kSlot);

uint64_t checksum_of(const EntryHeader& header, std::string_view text, uint64_t seed) {
  const char* bytes = reinterpret_cast<const char*>(&header);
  return base::hash64(text, base::hash64({bytes, offsetof(EntryHeader, checksum)}, seed));
}

void append_entry(std::string& out, const PurgeOrder& order, uint64_t seed) {
  EntryHeader header = {};
  header.magic = EntryHeader::kMagic;
  header.kind = order.kind;
  header.soft = order.soft;
  header.text_size = static_cast<uint16_t>(order.text.size());
  header.sequence = order.sequence;
  header.digest = order.digest;
  header.time = order.time;
  header.checksum = checksum_of(header, order.text, seed);
  out.append(reinterpret_cast<const char*>(&header), sizeof header).append(order.text);
  out.resize((out.size() + kSlot - 1) / kSlot * kSlot, '\0');
}

/// Reads one entry; returns how far to go on, also where none is.
size_t read_entry(std::string_view bytes, uint64_t seed, std::vector<PurgeOrder>& out) {
  EntryHeader header;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.magic != EntryHeader::kMagic || sizeof header + header.text_size > bytes.size()) return kSlot;
  std::string_view text = bytes.substr(sizeof header, header.text_size);
  if (header.checksum != checksum_of(header, text, seed)) return kSlot;
  PurgeOrder order;
  order.kind = header.kind;
  order.soft = header.soft != 0;
  order.sequence = header.sequence;
  order.time = header.time;
  order.digest = header.digest;
  order.text = text;
  out.push_back(std::move(order));
  return (sizeof header + text.size() + kSlot - 1) / kSlot * kSlot;
}

bool is_linear(const PurgeOrder& order) {
  return order.kind == PurgeKind::prefix || order.kind == PurgeKind::regex;
}

}  // namespace

base::Result<void> PurgeLog::open() {
  if (file_ && !file_->replaced()) return {};
  base::Result<DiskFilePtr> file = folder_.open(kFile);
  if (!file) return tl::unexpected(file.error());
  file_ = std::move(*file);
  read_to_ = 0;
  return {};
}

std::string PurgeLog::write_all(const std::vector<PurgeOrder>& orders) const {
  std::string bytes;
  for (const PurgeOrder& order : orders) append_entry(bytes, order, seed_);
  return bytes;
}

base::Result<void> PurgeLog::append(const std::vector<PurgeOrder>& orders, uint64_t oldest) {
  if (orders.empty()) return {};
  uint32_t now = 0;
  for (const PurgeOrder& order : orders) {
    if (order.text.size() > PurgeOrder::kLongestText)
      return base::fail("a purge by a text of {} bytes", order.text.size());
    now = std::max(now, order.time);
  }
  std::string bytes = write_all(orders);
  if (bytes.size() > capacity_ / 4) return base::fail("{} purges at once", orders.size());
  for (;;) {
    base::Result<void> opened = open();
    if (!opened) return opened;
    int locked = file_->lock();
    if (locked != 0) return base::fail_errno(-locked, "the purge log cannot be locked");
    if (!file_->replaced()) break;
    file_->unlock();
  }
  // The file that is locked: a rewrite puts another one in its place.
  DiskFilePtr replaced;
  int64_t size = file_->size();
  base::Result<void> done;
  if (size < 0) done = base::fail_errno(static_cast<int>(-size), "the purge log has no size");
  if (done && static_cast<uint64_t>(size) + bytes.size() > capacity_) {
    done = rewrite(oldest, now);
    if (done) {
      replaced = std::move(file_);
      done = open();
      if (!done) file_ = std::move(replaced);
      size = file_->size();
    }
  }
  PC_CRASH_POINT("purge log: locked");
  // Behind a torn end.
  uint64_t at = (static_cast<uint64_t>(size) + kSlot - 1) / kSlot * kSlot;
  if (done) done = write_fully(*file_, bytes.data(), bytes.size(), at);
  PC_CRASH_POINT("purge log: written");
  (replaced ? replaced : file_)->unlock();
  if (!done) return done;
  int synced = file_->sync();
  if (synced != 0) return base::fail_errno(-synced, "the purge log cannot be synced");
  return {};
}

base::Result<std::vector<PurgeOrder>> PurgeLog::read_from(uint64_t& at) {
  std::vector<PurgeOrder> orders;
  int64_t size = file_->size();
  if (size < 0) return base::fail_errno(static_cast<int>(-size), "the purge log has no size");
  uint64_t end = static_cast<uint64_t>(size) / kSlot * kSlot;
  if (end <= at) return orders;
  std::string bytes(end - at, '\0');
  base::Result<void> read = read_fully(*file_, bytes.data(), bytes.size(), at);
  if (!read) return tl::unexpected(read.error());
  std::string_view left = bytes;
  while (!left.empty()) left.remove_prefix(std::min(left.size(), read_entry(left, seed_, orders)));
  at = end;
  return orders;
}

base::Result<std::vector<PurgeOrder>> PurgeLog::read_new() {
  base::Result<void> opened = open();
  if (!opened) return tl::unexpected(opened.error());
  // Not between two slots of one order.
  int locked = file_->lock();
  if (locked != 0) return base::fail_errno(-locked, "the purge log cannot be locked");
  base::Result<std::vector<PurgeOrder>> orders = read_from(read_to_);
  file_->unlock();
  if (orders && file_->replaced()) return read_new();
  return orders;
}

base::Result<uint64_t> PurgeLog::size() {
  base::Result<void> opened = open();
  if (!opened) return tl::unexpected(opened.error());
  int64_t size = file_->size();
  if (size < 0) return base::fail_errno(static_cast<int>(-size), "the purge log has no size");
  return static_cast<uint64_t>(size);
}

base::Result<void> PurgeLog::compact(uint64_t oldest, uint32_t now) {
  base::Result<void> opened = open();
  if (!opened) return opened;
  int locked = file_->lock();
  if (locked != 0) return base::fail_errno(-locked, "the purge log cannot be locked");
  base::Result<void> done;
  // Another process was faster: then there is nothing to do.
  if (!file_->replaced()) done = rewrite(oldest, now);
  file_->unlock();
  return done;
}

// The caller holds the lock.
base::Result<void> PurgeLog::rewrite(uint64_t oldest, uint32_t now) {
  uint64_t from = 0;
  base::Result<std::vector<PurgeOrder>> orders = read_from(from);
  if (!orders) return tl::unexpected(orders.error());
  std::string bytes = write_all(reduced(std::move(*orders), oldest, now));
  std::string name = std::string(kFile) + ".new";
  (void)folder_.remove(name);
  base::Result<DiskFilePtr> fresh = folder_.open(name);
  if (!fresh) return tl::unexpected(fresh.error());
  base::Result<void> written = write_fully(**fresh, bytes.data(), bytes.size(), 0);
  if (!written) return written;
  int synced = (*fresh)->sync();
  PC_CRASH_POINT("purge log: before the rename");
  if (synced == 0) synced = folder_.rename(name, kFile);
  if (synced != 0) return base::fail_errno(-synced, "the purge log cannot be written anew");
  return {};
}

std::vector<PurgeOrder> PurgeLog::reduced(std::vector<PurgeOrder> orders, uint64_t oldest,
                                          uint32_t now) const {
  uint64_t everything = 0;
  for (const PurgeOrder& order : orders) {
    if (order.kind == PurgeKind::everything && !order.soft) everything = std::max(everything, order.sequence);
  }
  // The newest of equal ones, in their order.
  std::map<std::tuple<PurgeKind, bool, uint64_t, uint64_t, std::string>, uint64_t> newest;
  auto key_of = [](const PurgeOrder& order) {
    return std::make_tuple(order.kind, order.soft, order.digest.low, order.digest.high, order.text);
  };
  for (const PurgeOrder& order : orders) {
    uint64_t& sequence = newest[key_of(order)];
    sequence = std::max(sequence, order.sequence);
  }
  std::erase_if(orders, [&](const PurgeOrder& order) {
    bool old = order.sequence <= oldest && order.time + kLeastSeconds < now;
    return old || order.sequence < everything || newest[key_of(order)] != order.sequence;
  });
  std::stable_sort(orders.begin(), orders.end(),
                   [](const PurgeOrder& a, const PurgeOrder& b) { return a.sequence < b.sequence; });

  // Too many that have to be tried one by one: the older ones become one that covers all they covered.
  auto all_linear = std::count_if(orders.begin(), orders.end(), is_linear);
  uint64_t texts = 0;
  for (const PurgeOrder& order : orders) texts += order.text.size() + 2 * kSlot;
  if (static_cast<size_t>(all_linear) > kMostStanding || texts > capacity_ / 4 * 3) {
    size_t count = 0;
    uint64_t bytes = 0;
    PurgeOrder all;
    all.kind = PurgeKind::everything;
    all.time = now;
    for (auto order = orders.rbegin(); order != orders.rend() && all.sequence == 0; ++order) {
      if (!is_linear(*order)) continue;
      bytes += order->text.size() + 2 * kSlot;
      if (++count > kMostStanding / 2 || bytes > capacity_ / 4) all.sequence = order->sequence;
    }
    if (all.sequence != 0) {
      std::erase_if(orders, [&](const PurgeOrder& order) { return order.sequence <= all.sequence; });
      orders.insert(orders.begin(), all);
    }
  }
  // Too many in all: a restart will load nothing that is as old as what is forgotten.
  uint64_t size = 0;
  size_t keep = orders.size();
  while (keep > 0 && size < capacity_ / 2) {
    --keep;
    size += kSlot + (orders[keep].text.size() + kSlot - 1) / kSlot * kSlot;
  }
  if (keep == 0) return orders;
  PurgeOrder floor;
  floor.kind = PurgeKind::floor;
  floor.time = now;
  floor.sequence = orders[keep - 1].sequence;
  // Orders that objects in use are tried against stay: they are few.
  std::vector<PurgeOrder> left = {floor};
  for (size_t i = 0; i < orders.size(); ++i) {
    bool standing = is_linear(orders[i]) || orders[i].kind == PurgeKind::everything;
    if (i >= keep || standing) left.push_back(std::move(orders[i]));
  }
  return left;
}

void PurgeBook::add(const PurgeOrder& order) {
  size_t soft = order.soft ? 1 : 0;
  auto raise = [&order](uint64_t& sequence) { sequence = std::max(sequence, order.sequence); };
  switch (order.kind) {
    case PurgeKind::key: return raise(keys_[soft][order.digest]);
    case PurgeKind::uri: return raise(uris_[soft][order.digest]);
    case PurgeKind::everything:
    case PurgeKind::floor: return raise(everything_[soft]);
    default: return;
  }
}

bool PurgeBook::covers(const Orders& orders, const base::Digest& digest, uint64_t sequence) {
  auto found = orders.find(digest);
  return found != orders.end() && sequence < found->second;
}

PurgeBook::Verdict PurgeBook::judge(const base::Digest& digest, const base::Digest& uri,
                                    uint64_t sequence) const {
  for (size_t soft = 0; soft < 2; ++soft) {
    if (sequence < everything_[soft] || covers(keys_[soft], digest, sequence) ||
        covers(uris_[soft], uri, sequence)) {
      return soft == 0 ? Verdict::gone : Verdict::stale;
    }
  }
  return Verdict::keep;
}

}  // namespace cache
