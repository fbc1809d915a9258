// The channel between the master and one child: a pair of sockets made before fork. The child says once that
// it is ready; the master says which listening sockets nobody else will accept from. That it closes tells the
// child that the master is gone, however it went: no other process holds the master's end.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/error.h"
#include "net/fd.h"

namespace process {

struct ControlPair {
  net::Fd master;
  net::Fd child;
  static base::Result<ControlPair> make();
};

/// Child: it carries traffic now. Lost when the master is gone.
void say_ready(int control);
/// Master: whether the child has said so; nullopt when the channel has ended. Never blocks.
std::optional<bool> heard_ready(int control);

/// Master, before it tells the child to drain: the configuration's listeners (by index) that this child must
/// empty before it leaves them, because no other process will.
void say_last_listeners(int control, const std::vector<uint16_t>& listeners);
/// Child: what was said last.
struct Heard {
  std::vector<uint16_t> last_listeners;
  bool master_gone = false;
};
Heard hear(int control);

}  // namespace process
