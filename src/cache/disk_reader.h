// What is read from a disk store: an object by its place, and its body as a stream. Everything is copied out
// and verified, and the region's generation looked at after the copy, before one byte of it is shown.
#pragma once

#include <memory>
#include <vector>

#include "cache/disk_volume.h"
#include "http/body.h"

namespace cache {

class DiskStore;
using DiskStorePtr = std::shared_ptr<DiskStore>;

/// One lookup's bytes; on a disk thread and in the loop, never in both at once.
struct DiskLookup {
  DiskStorePtr store;
  DiskLocation where;
  base::Digest digest;
  std::string key;
  bool any_key = false;  ///< whatever lies there
  std::string bytes;
  DiskRead outcome = DiskRead::not_now;
  bool torn = false;
  std::optional<RecordView> record;  ///< with `done`; points into `bytes`

  /// Reads it, all of it when its body is with it. With `nowait` the outcome may be not_now.
  void run(bool nowait);

 private:
  DiskRead read(bool nowait);
};

/// An object found in the store, or nothing.
class DiskFound {
 public:
  DiskFound() = default;
  explicit DiskFound(std::shared_ptr<const DiskLookup> lookup) : lookup_(std::move(lookup)) {}

  explicit operator bool() const { return lookup_ != nullptr; }
  /// Its texts live as long as this or a body made from it.
  const DiskObject& object() const { return lookup_->record->object; }
  uint64_t sequence() const { return lookup_->record->header.sequence; }
  uint64_t body_size() const { return lookup_->record->header.body_size; }
  /// Where it was found.
  uint64_t location() const { return lookup_->where.pack(); }
  /// Where its body lies; none: with the object.
  std::span<const DiskExtent> extents() const { return lookup_->record->extents; }
  /// The whole body, when it is in memory now: small objects.
  std::optional<std::string_view> whole_body() const;
  /// `size` bytes of the body from `first`; both within it.
  http::BodyPtr body(uint64_t first, uint64_t size) const;

 private:
  std::shared_ptr<const DiskLookup> lookup_;
};

/// The extents of a body, in their order; those who read it share them, and more may come.
using DiskExtents = std::shared_ptr<std::vector<DiskExtent>>;

/// A body that lies in extents, also one that is still being written: extents are told as they come. One
/// extent is in memory at a time.
class DiskBody final : public http::Body {
 public:
  /// Of a body that has no end yet.
  static constexpr uint64_t kUnknown = UINT64_MAX;
  /// `size` bytes from `first`.
  DiskBody(DiskStorePtr store, const base::Digest& digest, DiskExtents extents, uint64_t first,
           uint64_t size);
  ~DiskBody() override;

  http::Peek peek(std::span<iovec> pieces) override;
  void consume(size_t bytes) override;
  std::optional<uint64_t> remaining() const override { return remaining_; }

  /// The next extent of a body that is still being written.
  void add(const DiskExtent& extent);

 private:
  struct Piece;
  void skip_before();

  DiskStorePtr store_;
  base::Digest digest_;
  DiskExtents extents_;
  size_t next_ = 0;    // extent
  uint64_t skip_ = 0;  // bytes of what follows that are not wanted
  uint64_t remaining_ = 0;
  bool failed_ = false;
  std::shared_ptr<Piece> piece_;  // a disk thread may still be filling it when we are gone
};

}  // namespace cache
