#include "cache/disk_scan.h"

#include "cache/disk_record.h"

namespace cache {

namespace {

constexpr size_t kWindow = 1 << 20;

/// A window that moves over one region.
class RegionWindow {
 public:
  RegionWindow(DiskVolume& volume, uint32_t region) : volume_(volume), region_(region) {}

  /// `size` bytes from `at` of the region; the caller keeps inside it.
  base::Result<std::string_view> at(uint64_t at, size_t size) {
    if (at < begin_ || at + size > begin_ + bytes_.size()) {
      const DiskGeometry& geometry = volume_.geometry();
      // Aligned, so that the record in it can be read where it lies.
      bytes_.resize(std::min<uint64_t>(std::max(size, kWindow), geometry.region_size - at));
      begin_ = at;
      base::Result<void> read =
          read_fully(volume_.file(), bytes_.data(), bytes_.size(), geometry.region_at(region_) + at);
      if (!read) return tl::unexpected(read.error());
    }
    return std::string_view(bytes_).substr(at - begin_, size);
  }

 private:
  DiskVolume& volume_;
  uint32_t region_;
  uint64_t begin_ = 0;
  std::string bytes_;
};

bool extent_is_whole(DiskVolume& volume, const DiskExtent& extent) {
  if (extent.location == 0) return false;
  DiskLocation where = DiskLocation::unpack(extent.location);
  if (!volume.regions().is_current(where)) return false;
  // What is sealed was synced before.
  if (volume.regions().at(where.region).state() == RegionState::sealed) return true;
  const DiskGeometry& geometry = volume.geometry();
  std::string bytes(sizeof(RecordHeader), '\0');
  if (volume.read(where, 0, bytes.data(), bytes.size(), false) != DiskRead::done) return false;
  std::optional<RecordHeader> header = read_record_header(bytes, geometry, where, volume.seed());
  if (!header || header->piece_size != extent.size) return false;
  bytes.resize(header->length);
  if (volume.read(where, 0, bytes.data(), bytes.size(), false) != DiskRead::done) return false;
  return read_record(bytes, geometry, where, volume.seed()).has_value();
}

}  // namespace

ScannedRegion scan_region(DiskVolume& volume, uint32_t region, uint32_t generation, uint32_t limit) {
  const DiskGeometry& geometry = volume.geometry();
  ScannedRegion scanned;
  RegionWindow window(volume, region);
  for (uint64_t at = 0; at < limit && at + sizeof(RecordHeader) <= geometry.region_size;) {
    DiskLocation where{region, generation, static_cast<uint32_t>(at / geometry.unit())};
    base::Result<std::string_view> bytes = window.at(at, sizeof(RecordHeader));
    if (!bytes) {
      // What cannot be read is lost; what is before it is not.
      volume.regions().add(DiskCount::read_errors);
      break;
    }
    std::optional<RecordHeader> header = read_record_header(*bytes, geometry, where, volume.seed());
    if (!header) break;
    bytes = window.at(at, header->length);
    if (!bytes) {
      volume.regions().add(DiskCount::read_errors);
      break;
    }
    std::optional<RecordView> record = read_record(*bytes, geometry, where, volume.seed());
    at += header->length;
    bool whole = record.has_value();
    if (whole) {
      for (const DiskExtent& extent : record->extents) whole = whole && extent_is_whole(volume, extent);
    }
    if (!whole) {
      ++scanned.torn;
      continue;
    }
    // What is not whole at the end is written over.
    scanned.end = static_cast<uint32_t>(at);
    scanned.lowest = std::min(scanned.lowest, header->sequence);
    scanned.highest = std::max(scanned.highest, header->sequence);
    if (header->type == RecordType::object &&
        scanned.end + summary_size(scanned.summary.size() + 1) <= geometry.region_size) {
      scanned.summary.push_back(SummaryEntry::of(*header));
    }
  }
  if (scanned.torn != 0) volume.regions().add(DiskCount::torn, scanned.torn);
  return scanned;
}

}  // namespace cache
