#include "event/sleep.h"

#include <optional>

namespace event {

Task<bool> sleep_for(Loop& loop, base::Duration duration, CancelScope* scope) {
  Answer<bool> passed(loop.ready());
  Timer timer(
      loop, [](void* answer) { static_cast<Answer<bool>*>(answer)->give(true); }, &passed);
  std::optional<Canceling<bool>> canceling;
  if (scope != nullptr) canceling.emplace(*scope, passed, false);
  timer.start(duration);
  bool result = co_await passed;
  co_return result;
}

}  // namespace event
