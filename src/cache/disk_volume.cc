#include "cache/disk_volume.h"

#include <cstring>

#include "base/check.h"

namespace cache {

// Written twice, in turn: the one with the higher epoch counts, so that a torn write leaves the other.
struct DiskVolume::Superblock {
  static constexpr char kMagic[8] = {'p', 'r', 'o', 'x', 'y', 'd', 's', 'k'};
  char magic[8];
  uint32_t version;
  uint32_t region_size;
  uint32_t slots;
  uint32_t reserved;
  uint64_t seed;
  uint64_t epoch;  // one more with every mount: sequences of different mounts never meet
  uint64_t checksum;

  uint64_t computed() const {
    return base::hash64({reinterpret_cast<const char*>(this), offsetof(Superblock, checksum)});
  }
};

namespace {

constexpr unsigned kSequenceBits = 40;  // of one mount

struct Slot {
  static constexpr uint32_t kMagic = 0x43534c31;
  uint32_t magic;
  uint32_t region;
  uint32_t generation;
  RegionState state;  // open, sealed, free
  uint8_t partial;
  uint16_t reserved;
  uint32_t end;
  uint32_t summary_at;
  uint32_t count;
  uint32_t reserved_more;
  uint64_t opened;
  uint64_t lowest;
  uint64_t highest;
  uint64_t checksum;

  uint64_t computed(uint64_t seed) const {
    return base::hash64({reinterpret_cast<const char*>(this), offsetof(Slot, checksum)}, seed);
  }
};

}  // namespace

base::Result<void> DiskVolume::open() {
  base::Result<DiskFilePtr> file = folder_.open(kFile);
  if (!file) return tl::unexpected(file.error());
  file_ = std::move(*file);
  return {};
}

std::optional<DiskVolume::Superblock> DiskVolume::read_superblock() {
  std::optional<Superblock> found;
  for (uint64_t copy = 0; copy < 2; ++copy) {
    Superblock block;
    if (!read_fully(*file_, &block, sizeof block, copy * DiskGeometry::kSuperblock)) continue;
    bool sound = std::memcmp(block.magic, Superblock::kMagic, sizeof block.magic) == 0 &&
                 block.version == kDiskVersion && block.checksum == block.computed() &&
                 DiskGeometry{block.region_size, block.slots}.is_sound();
    if (sound && (!found || block.epoch > found->epoch)) found = block;
  }
  return found;
}

base::Result<void> DiskVolume::write_superblock(const Superblock& block) {
  base::Result<void> written =
      write_fully(*file_, &block, sizeof block, (block.epoch & 1) * DiskGeometry::kSuperblock);
  if (!written) return written;
  int synced = file_->sync();
  if (synced != 0) return base::fail_errno(-synced, "the disk store's file cannot be synced");
  return {};
}

base::Result<void> DiskVolume::mount() {
  DiskHeader& header = regions_.header();
  if (header.mount.load(std::memory_order_acquire) == DiskHeader::Mount::mounted) return attach();
  base::Result<void> done = mount_first();
  header.mount.store(done ? DiskHeader::Mount::mounted : DiskHeader::Mount::refused,
                     std::memory_order_release);
  if (done) file_->hold(DiskFile::Hold::shared);
  return done;
}

base::Result<void> DiskVolume::mount_first() {
  DiskHeader& header = regions_.header();
  base::Result<DiskGeometry> wanted = DiskGeometry::of(settings_.max_size);
  if (!wanted) return tl::unexpected(wanted.error());
  base::Result<void> opened = open();
  if (!opened) return opened;
  if (file_->hold(DiskFile::Hold::exclusive) != 0) {
    file_.reset();
    return base::fail("the disk store is in use by other processes");
  }

  std::optional<Superblock> block = read_superblock();
  if (block && DiskGeometry{block->region_size, block->slots}.regions_for(settings_.max_size) < 4)
    block.reset();
  base::Result<void> done;
  if (!block) {
    // Nothing of an older store is left to be taken for ours: the seed is another, and the bytes are gone.
    int cut = file_->resize(0);
    if (cut != 0) done = base::fail_errno(-cut, "the disk store's file cannot be emptied");
    block.emplace();
    std::memcpy(block->magic, Superblock::kMagic, sizeof block->magic);
    block->version = kDiskVersion;
    block->region_size = wanted->region_size;
    block->slots = wanted->slots;
    block->seed = base::random_seed();
    block->epoch = 0;
  }
  ++block->epoch;
  block->checksum = block->computed();
  DiskGeometry geometry{block->region_size, block->slots};
  uint32_t count = geometry.regions_for(settings_.max_size);
  if (done) done = write_superblock(*block);
  if (done) {
    adopt(*block, count);
    done = even_out();
  }
  if (done) done = read_slots(count);
  if (done) done = cut(count);
  if (!done) {
    file_.reset();
    return done;
  }
  header.loading.store(1, std::memory_order_relaxed);
  return {};
}

void DiskVolume::adopt(const Superblock& block, uint32_t count) {
  DiskHeader& header = regions_.header();
  header.seed = block.seed;
  header.epoch = block.epoch;
  header.geometry = {block.region_size, block.slots};
  header.sequence.store((block.epoch << kSequenceBits) + 1, std::memory_order_relaxed);
  header.regions.store(count, std::memory_order_release);
  header.usable.store(count, std::memory_order_relaxed);
}

// A file that was cut within a region: the records before the cut are still good.
base::Result<void> DiskVolume::even_out() {
  int64_t size = file_->size();
  if (size < 0) return base::fail_errno(static_cast<int>(-size), "the disk store's file has no size");
  uint64_t end = static_cast<uint64_t>(size);
  uint64_t data = geometry().data_at();
  uint64_t over = end > data ? (end - data) % geometry().region_size : 0;
  if (over == 0) return {};
  int grown = file_->reserve(end, geometry().region_size - over);
  if (grown != 0) grown = file_->resize(end - over);
  if (grown != 0) return base::fail_errno(-grown, "the disk store's file cannot be mended");
  return {};
}

base::Result<void> DiskVolume::read_slots(uint32_t count) {
  int64_t size = file_->size();
  if (size < 0) return base::fail_errno(static_cast<int>(-size), "the disk store's file has no size");
  std::string slots(size_t{count} * DiskGeometry::kSlot, '\0');
  uint64_t first = geometry().slot_at(0);
  uint64_t there = std::min<uint64_t>(
      static_cast<uint64_t>(size) > first ? static_cast<uint64_t>(size) - first : 0, slots.size());
  base::Result<void> read = read_fully(*file_, slots.data(), there, first);
  if (!read) return read;
  for (uint32_t region = 0; region < count; ++region) {
    adopt_region(region, slots.data() + size_t{region} * DiskGeometry::kSlot, static_cast<uint64_t>(size));
  }
  return {};
}

void DiskVolume::adopt_region(uint32_t region, const char* bytes, uint64_t file_size) {
  Slot slot;
  static_assert(sizeof slot == DiskGeometry::kSlot);
  std::memcpy(&slot, bytes, sizeof slot);
  DiskRegion& item = regions_.at(region);
  const uint32_t size = geometry().region_size;
  bool room = geometry().region_at(region) + size <= file_size;
  bool sound = slot.magic == Slot::kMagic && slot.region == region &&
               slot.checksum == slot.computed(seed()) && slot.end <= size && slot.summary_at <= size &&
               slot.count <= size / sizeof(SummaryEntry);
  item.lowest = UINT64_MAX;
  item.highest = 0;
  item.opened = 0;
  item.loaded = 1;
  item.partial = 0;
  item.count = 0;
  item.end.store(0, std::memory_order_relaxed);
  auto set = [&item](RegionState state) {
    item.word.store(static_cast<uint32_t>(state) | uint32_t{shm::kNoProcess} << 8, std::memory_order_release);
  };
  if (!sound) {
    // Any number that the records there hardly bear: they are not to come back in a later use.
    item.generation.store(
        static_cast<uint32_t>(base::hash64({bytes, sizeof slot}, seed() + regions_.header().epoch)) >> 1);
    return set(room ? RegionState::free : RegionState::fresh);
  }
  item.generation.store(slot.generation);
  if (!room || slot.state == RegionState::free) return set(room ? RegionState::free : RegionState::fresh);
  item.opened = slot.opened;
  item.lowest = slot.lowest;
  item.highest = slot.highest;
  item.loaded = 0;
  item.end.store(slot.end, std::memory_order_relaxed);
  if (slot.state != RegionState::sealed) return set(RegionState::orphan);
  item.summary_at = slot.summary_at;
  item.count = slot.count;
  item.partial = slot.partial;
  set(RegionState::sealed);
}

// Slots of regions that are no more are cleared, or they would come back with a larger max_size.
base::Result<void> DiskVolume::cut(uint32_t count) {
  uint64_t end = geometry().region_at(count);
  int64_t size = file_->size();
  if (size < 0) return base::fail_errno(static_cast<int>(-size), "the disk store's file has no size");
  std::string zeros(geometry().data_at() - geometry().slot_at(count), '\0');
  base::Result<void> cleared = write_fully(*file_, zeros.data(), zeros.size(), geometry().slot_at(count));
  if (!cleared) return cleared;
  if (static_cast<uint64_t>(size) <= end) return {};
  int cut = file_->resize(end);
  if (cut != 0) return base::fail_errno(-cut, "the disk store's file cannot be cut");
  return {};
}

base::Result<void> DiskVolume::attach() {
  DiskHeader& header = regions_.header();
  if (header.mount.load(std::memory_order_acquire) != DiskHeader::Mount::mounted) {
    return base::fail("the disk store is not mounted yet");
  }
  base::Result<void> opened = open();
  if (!opened) return opened;
  std::optional<Superblock> block;
  if (file_->hold(DiskFile::Hold::shared) == 0) block = read_superblock();
  if (!block || block->epoch != header.epoch || block->seed != header.seed) {
    file_.reset();
    return base::fail("the disk store's file is not the one that was mounted");
  }
  return {};
}

DiskRead DiskVolume::read(const DiskLocation& where, uint64_t skip, void* out, size_t size, bool nowait) {
  if (!regions_.is_current(where)) return DiskRead::gone;
  uint64_t at = uint64_t{where.offset} * geometry().unit() + skip;
  if (at + size > geometry().region_size) return DiskRead::gone;
  at += geometry().region_at(where.region);
  char* to = static_cast<char*>(out);
  DiskRead result = DiskRead::done;
  for (size_t left = size; left != 0 && result == DiskRead::done;) {
    ssize_t got = file_->read(to, left, at, nowait);
    if (got == -EINTR) continue;
    if (got <= 0) {
      result = nowait ? DiskRead::not_now : DiskRead::failed;
      break;
    }
    to += got;
    at += static_cast<uint64_t>(got);
    left -= static_cast<size_t>(got);
  }
  // The bytes are copied: were they still this use's when they were?
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return regions_.is_current(where) ? result : DiskRead::gone;
}

base::Result<void> DiskVolume::write_slot(uint32_t region) {
  const DiskRegion& item = regions_.at(region);
  Slot slot = {};
  slot.magic = Slot::kMagic;
  slot.region = region;
  slot.generation = item.generation.load(std::memory_order_relaxed);
  slot.state = item.state() == RegionState::fresh ? RegionState::free : item.state();
  slot.partial = item.partial;
  slot.end = item.end.load(std::memory_order_relaxed);
  slot.summary_at = item.summary_at;
  slot.count = item.count;
  slot.opened = item.opened;
  slot.lowest = item.lowest;
  slot.highest = item.highest;
  slot.checksum = slot.computed(seed());
  return write_fully(*file_, &slot, sizeof slot, geometry().slot_at(region));
}

bool DiskVolume::may_grow() {
  int64_t space = folder_.free_space();
  return space >= 0 && static_cast<uint64_t>(space) >= settings_.min_free + geometry().region_size;
}

uint64_t DiskVolume::missing_space() {
  int64_t space = folder_.free_space();
  if (space < 0 || static_cast<uint64_t>(space) >= settings_.min_free) return 0;
  return settings_.min_free - static_cast<uint64_t>(space);
}

base::Result<void> DiskVolume::resize() {
  uint32_t count = geometry().regions_for(settings_.max_size);
  if (count == regions_.count()) {
    int64_t size = file_->size();
    if (size >= 0 && static_cast<uint64_t>(size) <= geometry().region_at(count)) return {};
  }
  if (!regions_.resize(count)) return {};
  return cut(count);
}

}  // namespace cache
