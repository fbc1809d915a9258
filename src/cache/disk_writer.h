// Writes one object to a disk store as its body comes: a small one in one record, a large one in extents and,
// at the end, the record that lists them. Until finish() has answered nothing leads to it. Belongs to a fill;
// in the loop only.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

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
  /// Copies what `object` says. Empty when the store takes nothing now, or never a body of `size` bytes.
  static DiskWriter begin(std::shared_ptr<DiskStore> store, const DiskObject& object,
                          std::optional<uint64_t> size = std::nullopt);
  DiskWriter(DiskWriter&&) noexcept = default;
  DiskWriter& operator=(DiskWriter&& other) noexcept {
    abandon();
    state_ = std::move(other.state_);
    return *this;
  }
  ~DiskWriter() { abandon(); }

  explicit operator bool() const { return state_ != nullptr; }
  /// False: the store could not take what came before, and takes nothing of this.
  bool append(std::string_view bytes);
  /// What was appended goes out now, also if a larger piece could be made of it with more.
  void flush();
  /// Whether it is well to append now, or useless. After a no, `set_waiter`'s is woken when that changes.
  bool wants_more() const;
  /// Woken also when the store could not take it and nothing is under way any more.
  void set_waiter(event::Ready* waiter);
  bool failed() const;
  /// The store could not take it, and wants_more() says yes: the bytes behind those in extents().
  std::string take_rest();
  /// Appended, and neither on the disk nor on the way there.
  size_t buffered() const;
  /// Bytes on their way.
  uint64_t ahead() const;
  /// What lies on the disk by now, for those who read along (DiskBody): bytes are read from here only.
  std::span<const DiskExtent> extents() const;
  /// Called with every extent that has reached the disk, in their order.
  void on_extent(std::function<void(const DiskExtent&)> tell);
  uint64_t written() const;

  /// The body is whole. Calls `done` later, never from here; the writer is empty afterwards.
  void finish(Done done);
  /// As if the store could not take it: those who read along cannot be told of what lies there.
  void give_up();
  /// The object is given up; what was written of it is lost room until its region is recycled.
  void abandon();

 private:
  struct State;
  explicit DiskWriter(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

}  // namespace cache
