// The disk's side of a fill: what comes from the origin goes out as extents, and those who read along in this
// process get it from there as soon as it is written. Many small pieces are put together, but nobody waits
// longer than kFlushAfter for bytes that have come. Belongs to a fill; in the loop only.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cache/disk_reader.h"
#include "cache/disk_writer.h"
#include "event/loop.h"

namespace cache {

class DiskIntake {
 public:
  static constexpr base::Duration kFlushAfter{20};

  /// `told` hears of every extent when it can be read. `owner` is woken when wants_more() may say yes.
  DiskIntake(DiskStorePtr store, const base::Digest& digest, DiskWriter writer, event::Ready& owner,
             std::function<void(const DiskExtent&)> told);

  /// Whether to append now. With failed(), what was taken and cannot be read from the disk is take_rest().
  bool wants_more() const { return writer_.wants_more(); }
  bool failed() const { return writer_.failed(); }
  bool append(std::string_view bytes) {
    paused_ = false;
    return writer_.append(bytes);
  }
  std::string take_rest() { return writer_.take_rest(); }
  /// The origin has no more at the moment: those who read along are not to wait for a whole piece.
  void pause();
  /// The origin has no more at all.
  void flush();
  /// Nothing more can be told of: as if the disk had failed.
  void give_up() { writer_.give_up(); }
  /// All is on the disk: now the record that makes an object of it. `done` later; then it is used up.
  void finish(DiskWriter::Done done);

  /// Nothing more is written; what is there can still be read.
  void abandon();

  /// Bytes of body that can be read.
  uint64_t size() const { return size_; }
  /// From byte `from`, without an end.
  std::unique_ptr<DiskBody> read(uint64_t from) const;

 private:
  static void on_timer(void* self);

  DiskStorePtr store_;
  base::Digest digest_;
  DiskWriter writer_;
  DiskExtents extents_ = std::make_shared<std::vector<DiskExtent>>();
  uint64_t size_ = 0;
  event::Timer timer_;
  base::MonoTime flushed_ = 0;
  bool paused_ = false;
};

}  // namespace cache
