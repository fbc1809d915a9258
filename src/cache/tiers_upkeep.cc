// What the keeper does for a zone's disk: mounting, loading the index, upkeep; and the seed of the zone's
// digests, which has to be the same at the next start.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/text.h"
#include "cache/tiers.h"

namespace cache {

namespace {

constexpr base::Duration kRound{1000};
constexpr const char* kSeedFile = "zone";

std::string seed_text(uint64_t seed) { return fmt::format("{:016x}\n", seed); }

bool write_seed(const std::string& folder, uint64_t seed) {
  std::string text = seed_text(seed);
  std::string path = folder + "/" + kSeedFile;
  std::string fresh = path + ".new";
  unlink(fresh.c_str());
  int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  bool done = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(fd) == 0;
  ::close(fd);
  return done && ::rename(fresh.c_str(), path.c_str()) == 0;
}

}  // namespace

std::optional<uint64_t> read_saved_seed(const std::string& folder) {
  std::string path = folder + "/" + kSeedFile;
  int fd = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  char text[18] = {};
  struct stat status {};
  bool regular = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
  ssize_t size = regular ? ::read(fd, text, sizeof text) : 0;
  ::close(fd);
  unsigned long long seed = 0;
  if (size != 17 || sscanf(text, "%16llx", &seed) != 1 || seed_text(seed) != std::string_view(text, 17)) {
    return std::nullopt;
  }
  return seed;
}

void Tiers::keep() { on_round(this); }

void Tiers::on_round(void* owner) {
  Tiers* self = static_cast<Tiers*>(owner);
  if (self->stopping_ || self->in_round_) return;
  self->in_round_ = true;
  event::spawn(self->round());
}

event::Task<void> Tiers::round() {
  std::shared_ptr<bool> alive = alive_;
  DiskStorePtr store = store_;
  if (!mounted_) {
    event::Answer<bool> opened(loop_.ready());
    std::string why;
    store->mount([&opened, &why](const base::Result<void>& outcome) {
      if (!outcome) why = outcome.error().message;
      opened.give(outcome.has_value());
    });
    mounted_ = co_await opened;
    if (!*alive) co_return;
    if (!mounted_ && told_why_ != why) {
      log_.print(base::LogLevel::warn, "cache zone \"{}\": its disk store is not in use: {}", identity_.name,
                 why);
    }
    told_why_ = why;
    if (!mounted_ && tell_mounted_) tell_mounted_();
    if (mounted_) {
      // A zone that was made anew while the store stayed knows nothing of it.
      uint64_t mount = store->volume().regions().header().epoch;
      if (zone_.disk_mount().exchange(mount) != mount) store->unload();
      save_seed();
      if (tell_mounted_) tell_mounted_();
    }
  }
  if (mounted_ && !stopping_ && store->totals().loading) {
    DiskIndex& index = *this;
    bool whole = co_await store->load(index);
    if (!*alive) co_return;
    if (whole && !store->totals().loading) {
      log_.print(base::LogLevel::notice, "cache zone \"{}\": loaded, {} objects", identity_.name,
                 zone_.totals().objects);
    }
  }
  if (mounted_ && !stopping_) {
    DiskIndex& index = *this;
    uint32_t now = static_cast<uint32_t>(loop_.clock().wall_seconds());
    co_await store->maintain(index, now);
    if (!*alive) co_return;
  }
  tell();
  in_round_ = false;
  if (!stopping_) round_.start(kRound);
}

// One line when the disk begins to fail, one when it is well again.
void Tiers::tell() {
  if (!mounted_) return;
  DiskTotals totals = store_->totals();
  bool fails = store_->volume().regions().header().failures.load(std::memory_order_relaxed) != 0;
  if (fails == told_) return;
  told_ = fails;
  auto count = [&totals](DiskCount what) { return totals.counts[static_cast<size_t>(what)]; };
  if (fails) {
    log_.print(base::LogLevel::error,
               "cache zone \"{}\": the disk under \"{}\" fails, responses pass through meanwhile (so far {} "
               "errors reading, {} writing, {} of them for want of space)",
               identity_.name, identity_.path, count(DiskCount::read_errors), count(DiskCount::write_errors),
               count(DiskCount::no_space));
  } else {
    log_.print(base::LogLevel::notice, "cache zone \"{}\": the disk under \"{}\" works again", identity_.name,
               identity_.path);
  }
}

void Tiers::save_seed() {
  if (seed_saved_) return;
  seed_saved_ = true;
  store_->threads().run(
      [folder = identity_.path, seed = zone_.seed()] {
        if (read_saved_seed(folder) != seed) (void)write_seed(folder, seed);
      },
      [] {});
}

// ---- what the store tells the index

void Tiers::on_loaded(std::span<const LoadedObject> objects) {
  uint32_t now = static_cast<uint32_t>(loop_.clock().wall_seconds());
  for (const LoadedObject& object : objects) {
    auto kind = static_cast<EntryKind>(object.kind);
    // What was purged softly is found as well: the purge stands again, so that it counts as stale.
    if (kind != EntryKind::object && kind != EntryKind::marker) continue;
    Zone::Location there = zone_.location_of(object.digest);
    if (!there.known) {
      (void)zone_.add_on_disk(object.digest, object.location, kind, now);
    } else if (there.location != 0 && store_->is_newer(object, there.location)) {
      (void)zone_.replace_on_disk(object.digest, there.location, object.location);
    }
  }
}

void Tiers::on_purge(const PurgeOrder& order) {
  if (order.kind == PurgeKind::key && !order.soft) zone_.forget_on_disk(order.digest);
  if (hear_) hear_(order);
}

bool Tiers::is_worth_keeping(const base::Digest& digest, uint64_t location) {
  Zone::Location there = zone_.location_of(digest);
  return there.known && there.location == location && (there.uses > 0 || there.in_memory);
}

void Tiers::on_moved(const base::Digest& digest, uint64_t from, uint64_t to) {
  zone_.move_location(digest, from, to);
}

}  // namespace cache
