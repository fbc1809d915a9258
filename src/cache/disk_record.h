// A record of the disk store's log: an object (key, facts, stored head and its body, or the list of the
// extents that hold it), or an extent (a piece of a large object's body).
//
//   header | tags | extents | key | facts | head | body | zeros to the unit
//
// Three checksums (XXH3, seeded by the store, so that no cached body can pass for a record): of the header,
// of what lies between it and the body, of the body. The header also says where it lies and in which use of
// its region, so that no older record passes for one.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "cache/disk_geometry.h"

namespace cache {

enum class RecordType : uint8_t { object = 1, extent = 2 };

struct RecordHeader {
  static constexpr uint32_t kMagic = 0x43525031;

  uint32_t magic;
  RecordType type;
  uint8_t kind;  // the caller's
  uint16_t version;
  uint64_t checksum;  // of the rest of the header
  uint64_t meta_checksum;
  uint64_t body_checksum;
  base::Digest digest;
  base::Digest uri;
  uint64_t sequence;
  uint64_t body_size;  // object: of its whole body; extent: where it belongs in it
  uint32_t length;     // of the record on the disk
  uint32_t generation;
  uint32_t region;
  uint32_t offset;  // in units
  uint32_t key_size;
  uint32_t head_size;
  uint32_t piece_size;  // bytes of body in this record
  uint32_t extents;
  uint16_t facts_size;
  uint16_t tags;
  uint32_t stored_at;  // seconds since 1970
  uint32_t expires;    // seconds since 1970
  uint32_t reserved;

  /// Bytes between header and body.
  uint64_t meta_size() const;
  uint64_t body_at() const { return sizeof(RecordHeader) + meta_size(); }
};
static_assert(sizeof(RecordHeader) == 128);

/// A piece of a body in a record of its own.
struct DiskExtent {
  uint64_t location = 0;  ///< packed
  uint32_t size = 0;      ///< bytes of body
  uint32_t check = 0;     ///< the lower half of the body's checksum: it is that piece and no other
};
static_assert(sizeof(DiskExtent) == 16);

/// What the caller says of an object, and is told again. `facts` is the caller's own, versioned by him: at
/// most 64 KiB; so are at most 65535 tags.
struct DiskObject {
  base::Digest digest;
  base::Digest uri;
  std::string_view key;
  std::string_view facts;
  std::string_view head;
  std::span<const uint64_t> tags;
  uint32_t stored_at = 0;
  uint32_t expires = 0;
  uint8_t kind = 0;
};

/// A record to be written.
class RecordImage {
 public:
  /// An object whose body is in `body` (then `extents` is empty) or in `extents`. Null: it is longer than
  /// `geometry` takes.
  static std::unique_ptr<RecordImage> object(const DiskGeometry& geometry, const DiskObject& object,
                                             std::string body, std::span<const DiskExtent> extents,
                                             uint64_t body_size, uint64_t sequence);
  /// A piece of a body that belongs at `body_at` in it.
  static std::unique_ptr<RecordImage> extent(const DiskGeometry& geometry, const base::Digest& digest,
                                             std::string body, uint64_t body_at, uint64_t sequence);
  /// A record as it was read, to be written elsewhere. `bytes` was verified.
  static std::unique_ptr<RecordImage> again(std::string bytes);

  /// Says where it will lie and computes its checksums.
  void place(const DiskLocation& where, uint64_t seed);
  /// Three pieces that make the whole length.
  void pieces(iovec* out) const;

  /// Its body, for a record that was not written; the image is of no use afterwards.
  std::string take_body() { return std::move(body_); }

  const RecordHeader& header() const { return *reinterpret_cast<const RecordHeader*>(meta_.data()); }
  DiskExtent as_extent(uint64_t location) const {
    return {location, header().piece_size, static_cast<uint32_t>(header().body_checksum)};
  }

 private:
  RecordHeader& mutable_header() { return *reinterpret_cast<RecordHeader*>(meta_.data()); }
  std::string meta_;
  std::string body_;
};

/// A record as it was read: all of it points into the bytes.
struct RecordView {
  RecordHeader header;
  DiskObject object;
  std::span<const DiskExtent> extents;
  std::string_view body;  ///< this record's piece
};

/// The header at the start of `bytes`, when it is sound and says it lies at `where`.
std::optional<RecordHeader> read_record_header(std::string_view bytes, const DiskGeometry& geometry,
                                               const DiskLocation& where, uint64_t seed);
/// The whole record; empty when one byte of it is wrong. `bytes` begins at a multiple of 8.
std::optional<RecordView> read_record(std::string_view bytes, const DiskGeometry& geometry,
                                      const DiskLocation& where, uint64_t seed);
}  // namespace cache
