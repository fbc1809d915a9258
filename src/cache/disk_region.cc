#include "cache/disk_region.h"

#include <fmt/format.h>

#include <new>

#include "shm/crash_point.h"

namespace cache {

namespace {

constexpr uint32_t word_of(RegionState state, shm::ProcessIndex owner) {
  return static_cast<uint32_t>(state) | uint32_t{owner} << 8;
}

bool has_owner(RegionState state) {
  return state == RegionState::open || state == RegionState::sealing || state == RegionState::reclaiming;
}

bool has_records(RegionState state) { return state != RegionState::fresh && state != RegionState::free; }

/// What becomes of a region whose owner is gone.
RegionState without_owner(RegionState state) {
  if (state == RegionState::reclaiming) return RegionState::sealed;
  return has_owner(state) ? RegionState::orphan : state;
}

}  // namespace

void DiskRegions::format(std::byte* memory) {
  DiskHeader* header = new (memory) DiskHeader{};
  // The regions' zeros are `fresh`, generation 0: untouched, they cost nothing.
  header->mount.store(DiskHeader::Mount::none, std::memory_order_release);
}

shm::Locked DiskRegions::locked() {
  return shm::Locked(header_->lock, [this] { recover(); });
}

// Every section writes a region's facts before its state, so there is nothing half done to be mended: only
// what cannot be is dropped.
void DiskRegions::recover() {
  ++header_->recoveries;
  for (uint32_t region = 0; region < count(); ++region) {
    DiskRegion& item = at(region);
    bool sound = item.state() <= RegionState::reclaiming &&
                 item.end.load(std::memory_order_relaxed) <= header_->geometry.region_size &&
                 item.summary_at <= header_->geometry.region_size;
    if (!sound) recycle(region);
  }
}

void DiskRegions::set(uint32_t region, RegionState state, shm::ProcessIndex owner) {
  PC_CRASH_POINT("region: before its state");
  at(region).word.store(word_of(state, owner), std::memory_order_release);
  PC_CRASH_POINT("region: behind its state");
}

// Ends this use of a region: from here on no location leads into it.
void DiskRegions::recycle(uint32_t region) {
  DiskRegion& item = at(region);
  item.generation.fetch_add(1, std::memory_order_seq_cst);
  PC_CRASH_POINT("region: recycled");
  set(region, RegionState::free);
  item.end.store(0, std::memory_order_relaxed);
  item.count = 0;
  item.partial = 0;
  item.loaded = 1;
  item.lowest = UINT64_MAX;
  item.highest = 0;
}

// Of those whose records' sequences are all below `below`.
std::optional<uint32_t> DiskRegions::oldest(RegionState state, uint64_t below) const {
  std::optional<uint32_t> found;
  for (uint32_t region = 0; region < count(); ++region) {
    if (at(region).state() != state || at(region).highest >= below) continue;
    if (!found || at(region).opened < at(*found).opened) found = region;
  }
  return found;
}

std::optional<TakenRegion> DiskRegions::take(shm::ProcessIndex owner, bool may_grow, uint64_t unfinished) {
  shm::Locked guard = locked();
  std::optional<uint32_t> chosen;
  TakenRegion taken;
  for (uint32_t region = 0; region < count() && !chosen; ++region) {
    // Not before its summary was read: new records take that place.
    const DiskRegion& item = at(region);
    if (item.state() == RegionState::sealed && item.partial != 0 && item.loaded != 0) chosen = region;
  }
  taken.again = chosen.has_value();
  if (!chosen) chosen = oldest(RegionState::free);
  if (!chosen && may_grow) {
    chosen = oldest(RegionState::fresh);
    taken.fresh = chosen.has_value();
  }
  const uint32_t usable = may_grow ? count() : count() - in_state(RegionState::fresh);
  header_->usable.store(usable, std::memory_order_relaxed);
  if (usable >= kFew) unfinished = UINT64_MAX;
  if (!chosen) {
    chosen = oldest(RegionState::sealed, unfinished);
    if (!chosen) chosen = oldest(RegionState::orphan, unfinished);
    if (!chosen) return std::nullopt;
    add(DiskCount::recycled);
    recycle(*chosen);
  }
  DiskRegion& item = at(*chosen);
  taken.region = *chosen;
  if (taken.again) {
    taken.end = item.end.load(std::memory_order_relaxed);
    taken.summary_at = item.summary_at;
    taken.count = item.count;
    item.partial = 0;
  } else {
    // A free region may have been written by a use that was given up: this is another one.
    item.generation.fetch_add(1, std::memory_order_seq_cst);
    item.end.store(0, std::memory_order_relaxed);
    item.count = 0;
    item.opened = next_sequence();
    item.lowest = UINT64_MAX;
    item.highest = 0;
    item.loaded = 1;
  }
  taken.opened = item.opened;
  taken.generation = item.generation.load(std::memory_order_relaxed);
  set(*chosen, RegionState::open, owner);
  return taken;
}

bool DiskRegions::is_owned(uint32_t region, uint32_t generation, shm::ProcessIndex owner,
                           RegionState state) const {
  return region < count() && at(region).generation.load(std::memory_order_acquire) == generation &&
         at(region).word.load(std::memory_order_acquire) == word_of(state, owner);
}

void DiskRegions::advance(uint32_t region, uint32_t end, uint64_t lowest, uint64_t highest) {
  shm::Locked guard = locked();
  DiskRegion& item = at(region);
  if (lowest < item.lowest) item.lowest = lowest;
  if (highest > item.highest) item.highest = highest;
  PC_CRASH_POINT("region: before its end");
  item.end.store(end, std::memory_order_release);
}

void DiskRegions::seal(uint32_t region, uint32_t summary_at, uint32_t count, bool partial) {
  shm::Locked guard = locked();
  DiskRegion& item = at(region);
  item.summary_at = summary_at;
  item.count = count;
  item.partial = partial;
  set(region, RegionState::sealed);
}

void DiskRegions::free(uint32_t region, bool fresh) {
  shm::Locked guard = locked();
  recycle(region);
  if (fresh) set(region, RegionState::fresh);
}

void DiskRegions::give_up(uint32_t region) {
  shm::Locked guard = locked();
  set(region, without_owner(at(region).state()));
}

void DiskRegions::distrust(uint32_t region, uint32_t generation) {
  shm::Locked guard = locked();
  const DiskRegion& item = at(region);
  if (item.state() != RegionState::sealed || item.generation.load(std::memory_order_relaxed) != generation)
    return;
  set(region, RegionState::orphan);
}

std::optional<uint32_t> DiskRegions::newest_unloaded() {
  shm::Locked guard = locked();
  std::optional<uint32_t> found;
  for (uint32_t region = 0; region < count(); ++region) {
    const DiskRegion& item = at(region);
    if (item.loaded != 0 || item.state() != RegionState::sealed) continue;
    if (!found || item.opened > at(*found).opened) found = region;
  }
  return found;
}

void DiskRegions::set_loaded(uint32_t region, uint32_t generation) {
  shm::Locked guard = locked();
  DiskRegion& item = at(region);
  if (item.generation.load(std::memory_order_relaxed) == generation) item.loaded = 1;
}

bool DiskRegions::any_unloaded() const {
  for (uint32_t region = 0; region < count(); ++region) {
    if (at(region).loaded == 0 && has_records(at(region).state())) return true;
  }
  return false;
}

void DiskRegions::unload_all() {
  shm::Locked guard = locked();
  for (uint32_t region = 0; region < count(); ++region) {
    if (has_records(at(region).state())) at(region).loaded = 0;
  }
  header_->loading.store(1, std::memory_order_release);
}

std::optional<uint32_t> DiskRegions::begin_sealing(shm::ProcessIndex owner) {
  shm::Locked guard = locked();
  std::optional<uint32_t> found = oldest(RegionState::orphan);
  if (found) set(*found, RegionState::sealing, owner);
  return found;
}

std::optional<uint32_t> DiskRegions::begin_reclaiming(shm::ProcessIndex owner) {
  shm::Locked guard = locked();
  std::optional<uint32_t> found = oldest(RegionState::sealed);
  // The oldest is loaded last: until then nobody knows what is worth keeping.
  if (!found || at(*found).loaded == 0) return std::nullopt;
  set(*found, RegionState::reclaiming, owner);
  return found;
}

void DiskRegions::release_process(shm::ProcessIndex process) {
  shm::Locked guard = locked();
  // Also beyond count(): a store that shrinks waits for its writers there.
  for (uint32_t region = 0; region < header_->geometry.slots; ++region) {
    DiskRegion& item = at(region);
    RegionState state = item.state();
    if (!has_owner(state) || item.owner() != process) continue;
    if (region < count()) {
      set(region, without_owner(state));
    } else {
      recycle(region);
      set(region, RegionState::fresh);
    }
  }
}

bool DiskRegions::resize(uint32_t wanted) {
  shm::Locked guard = locked();
  if (wanted > header_->geometry.slots) wanted = header_->geometry.slots;
  header_->regions.store(wanted, std::memory_order_release);
  header_->usable.store(wanted, std::memory_order_relaxed);
  bool quiet = true;
  for (uint32_t region = wanted; region < header_->geometry.slots; ++region) {
    RegionState state = at(region).state();
    if (state == RegionState::fresh) continue;
    // Its owner sees at its next write that it is not his any more.
    if (has_owner(state)) {
      quiet = false;
      continue;
    }
    recycle(region);
    set(region, RegionState::fresh);
  }
  return quiet;
}

uint32_t DiskRegions::in_state(RegionState state) const {
  uint32_t found = 0;
  for (uint32_t region = 0; region < count(); ++region) found += at(region).state() == state;
  return found;
}

uint64_t DiskRegions::oldest_sequence() const {
  uint64_t found = header_->sequence.load(std::memory_order_relaxed);
  for (uint32_t region = 0; region < count(); ++region) {
    const DiskRegion& item = at(region);
    if (!has_records(item.state())) continue;
    found = std::min({found, item.lowest, item.opened});
  }
  return found;
}

std::string DiskRegions::check() const {
  uint32_t size = header_->geometry.region_size;
  for (uint32_t region = 0; region < count(); ++region) {
    const DiskRegion& item = at(region);
    uint32_t end = item.end.load(std::memory_order_relaxed);
    RegionState state = item.state();
    if (state > RegionState::reclaiming) return fmt::format("region {} is in no state", region);
    if (end > size) return fmt::format("region {} ends at {}", region, end);
    if (has_owner(state) != (item.owner() != shm::kNoProcess) && item.word.load() != 0) {
      return fmt::format("region {} in state {} has owner {}", region, static_cast<int>(state), item.owner());
    }
    if (state == RegionState::sealed && (item.summary_at < end || item.summary_at > size)) {
      return fmt::format("region {}: summary at {}, records to {}", region, item.summary_at, end);
    }
  }
  return "";
}

}  // namespace cache
