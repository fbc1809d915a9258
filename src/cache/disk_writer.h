// Writes one object to a disk store as its body comes: a small one in one record, a large one in extents and,
// at the end, the record that lists them. Until finish() has answered nothing leads to it. Belongs to a fill;
// in the loop only.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "cache/disk_record.h"
#include "event/ready.h"

namespace cache {

class DiskStore;

class DiskWriter {
 public:
  /// Where it is; 0: it is not stored.
  using Done = std::function<void(uint64_t location)>;
  /// Bytes on their way to the disk, above which the writer wants no more.
  static constexpr size_t kAhead = 2 << 20;

  DiskWriter() = default;
  /// Copies what `object` says. Empty when the store takes nothing now.
  static DiskWriter begin(std::shared_ptr<DiskStore> store, const DiskObject& object);
  DiskWriter(DiskWriter&&) noexcept = default;
  DiskWriter& operator=(DiskWriter&& other) noexcept {
    abandon();
    state_ = std::move(other.state_);
    return *this;
  }
  ~DiskWriter() { abandon(); }

  explicit operator bool() const { return state_ != nullptr; }
  /// False: the store could not take it, and never will.
  bool append(std::string_view bytes);
  /// Whether it is well to append now. After a no, `set_waiter`'s is woken when that changes.
  bool wants_more() const;
  void set_waiter(event::Ready* waiter);
  /// What lies on the disk by now, for those who read along (DiskBody): bytes are read from here only.
  std::span<const DiskExtent> extents() const;
  /// Called with every extent that has reached the disk, in their order.
  void on_extent(std::function<void(const DiskExtent&)> tell);
  uint64_t written() const;

  /// The body is whole. Calls `done` later, never from here; the writer is empty afterwards.
  void finish(Done done);
  /// The object is given up; what was written of it is lost room until its region is recycled.
  void abandon();

 private:
  struct State;
  explicit DiskWriter(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

}  // namespace cache
