// A request that waits for the response head of somebody else's fetch, in any process, or for one that has
// come whole to be stored. Lives in the waiting coroutine's frame. It waits for an event, with a limit of its
// own; a body that is still to come is never waited for here.
#pragma once

#include "cache/fill.h"
#include "event/task.h"

namespace cache {

/// What waiting for a head came to.
enum class Joined : uint8_t {
  look_again,   ///< something is there to be found, or the turn is to be asked for anew
  failed,       ///< the fetch brought nothing that can be shared: fetch, without waiting again
  uncacheable,  ///< the same, and later requests for this key will not wait
  timed_out,    ///< proxy_cache_lock_timeout: fetch without storing
  too_many,     ///< so many wait already: fetch without storing
  canceled,     ///< the client has left
};

/// `Join join(fills, announced.flight, timeout); event::Answer<Joined>& answer = join.answer();`
/// `event::Canceling<Joined> canceling(scope, answer, Joined::canceled); Joined how = co_await answer;`
class Join final : public base::ListNode<Fills> {
 public:
  /// `timeout`: until the head, or until what is whole when this begins is stored; none or less: it has
  /// passed.
  Join(Fills& fills, FlightRef flight, base::Duration timeout);
  ~Join();

  event::Answer<Joined>& answer() { return answer_; }
  /// Gives the answer when there is one.
  void look();

 private:
  static void on_timeout(void* owner);
  bool found_whole() const;
  bool still_waits() const;
  Joined outcome() const;

  Fills& fills_;
  FlightRef flight_;
  const bool is_whole_;
  event::Timer timer_;
  event::Answer<Joined> answer_;
};

}  // namespace cache
