#include "event/ready.h"

namespace event {

void ReadyQueue::drain(size_t limit) {
  for (; limit != 0; --limit) {
    Ready* item = items_.pop_front();
    if (item == nullptr) return;
    item->on_ready();
  }
}

}  // namespace event
