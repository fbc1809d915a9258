// What is to run later in this loop turn. Wake-ups go here and nowhere else: nothing is resumed, closed or
// sent inside a library callback or deep in another object's call.
#pragma once

#include "base/list.h"

namespace event {

class ReadyQueue;

/// Something that can be told to run once, soon. It unlinks itself when destroyed, so a wake-up never
/// dangles.
class Ready : public base::ListNode<Ready> {
 public:
  virtual void on_ready() = 0;

 protected:
  ~Ready() = default;
};

/// First in, first out. An item posted twice before it ran runs once.
class ReadyQueue {
 public:
  void post(Ready& item) {
    if (!item.linked()) items_.push_back(item);
  }
  bool empty() const { return items_.empty(); }
  /// Runs what is queued; what is posted meanwhile runs too, but at most `limit` items in all, so that
  /// sockets get their turn.
  void drain(size_t limit = 4096);

 private:
  base::List<Ready, Ready> items_;
};

}  // namespace event
