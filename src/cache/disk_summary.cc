#include "cache/disk_summary.h"

namespace cache {

namespace {

struct SummaryHeader {
  static constexpr uint32_t kMagic = 0x43535531;
  uint32_t magic;
  uint32_t version;
  uint32_t region;
  uint32_t generation;
  uint32_t count;
  uint32_t reserved;
  uint64_t checksum;
};
static_assert(sizeof(SummaryHeader) == 32);

uint64_t checksum_of(const SummaryHeader& header, const Summary& summary, uint64_t seed) {
  const char* bytes = reinterpret_cast<const char*>(&header);
  uint64_t before = base::hash64({bytes, offsetof(SummaryHeader, checksum)}, seed);
  return base::hash64({reinterpret_cast<const char*>(summary.data()), summary.size() * sizeof(SummaryEntry)},
                      before);
}

}  // namespace

SummaryEntry SummaryEntry::of(const RecordHeader& header) {
  SummaryEntry entry;
  entry.digest = header.digest;
  entry.uri = header.uri;
  entry.sequence = header.sequence;
  entry.body_size = header.body_size;
  entry.offset = header.offset;
  entry.stored_at = header.stored_at;
  entry.expires = header.expires;
  entry.kind = header.kind;
  return entry;
}

uint32_t summary_size(size_t count) {
  return static_cast<uint32_t>(sizeof(SummaryHeader) + count * sizeof(SummaryEntry));
}

base::Result<void> write_summary(DiskFile& file, uint64_t at, uint32_t region, uint32_t generation,
                                 const Summary& summary, uint64_t seed) {
  SummaryHeader header = {
      SummaryHeader::kMagic, kDiskVersion, region, generation, static_cast<uint32_t>(summary.size()), 0, 0};
  header.checksum = checksum_of(header, summary, seed);
  iovec pieces[2] = {{&header, sizeof header},
                     {const_cast<SummaryEntry*>(summary.data()), summary.size() * sizeof(SummaryEntry)}};
  return write_fully(file, pieces, at);
}

base::Result<Summary> read_summary(DiskFile& file, uint64_t at, uint32_t region, uint32_t generation,
                                   uint32_t count, uint64_t seed) {
  SummaryHeader header;
  base::Result<void> read = read_fully(file, &header, sizeof header, at);
  if (!read) return tl::unexpected(read.error());
  if (header.magic != SummaryHeader::kMagic || header.version != kDiskVersion || header.region != region ||
      header.generation != generation || header.count != count) {
    return base::fail("region {} has no summary of this use", region);
  }
  Summary summary(count);
  read = read_fully(file, summary.data(), count * sizeof(SummaryEntry), at + sizeof header);
  if (!read) return tl::unexpected(read.error());
  if (header.checksum != checksum_of(header, summary, seed)) {
    return base::fail("the summary of region {} is damaged", region);
  }
  return summary;
}

}  // namespace cache
