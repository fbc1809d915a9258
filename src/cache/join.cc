#include "cache/join.h"

namespace cache {

Join::Join(Fills& fills, FlightRef flight, base::Duration timeout)
    : fills_(fills),
      flight_(flight),
      is_whole_(found_whole()),
      timer_(fills.loop_, on_timeout, this),
      answer_(fills.loop_.ready()) {
  if (fills_.waiting_++ >= Fills::kMostWaiting) {
    answer_.give(Joined::too_many);
    return;
  }
  fills_.joins_.push_back(*this);
  timer_.start(std::max(timeout, base::Duration{0}));
  look();
}

Join::~Join() { --fills_.waiting_; }

// The disk is still to make an object of it: in a moment it can be found, and asked about if it is stale.
bool Join::found_whole() const {
  if (fills_.zone_.flights().view(flight_).state != FlightState::growing) return false;
  FoundGrowing growing = fills_.zone_.find_growing(flight_);
  return growing && growing.pin.progress() == Progress::whole;
}

bool Join::still_waits() const {
  FlightView view = fills_.zone_.flights().view(flight_);
  if (view.detached != Detached::no) return false;
  return view.state == FlightState::pending || (is_whole_ && view.state == FlightState::growing);
}

Joined Join::outcome() const {
  FlightView view = fills_.zone_.flights().view(flight_);
  if (view.state == FlightState::uncacheable) return Joined::uncacheable;
  if (view.state != FlightState::ended || view.end == FlightEnd::look_again) return Joined::look_again;
  return view.end == FlightEnd::uncacheable ? Joined::uncacheable : Joined::failed;
}

void Join::look() {
  if (still_waits()) {
    fills_.zone_.flights().wait(flight_);
    if (still_waits()) return;
  }
  base::ListNode<Fills>::unlink();
  timer_.stop();
  answer_.give(outcome());
}

void Join::on_timeout(void* owner) {
  Join& self = *static_cast<Join*>(owner);
  self.base::ListNode<Fills>::unlink();
  self.answer_.give(Joined::timed_out);
}

}  // namespace cache
