// A request's turn to fetch: others that want the same wait for it (cache/flights.h). In the exchange's
// arena; a turn that brought no object is given back when it goes.
#pragma once

#include "cache/fill.h"

namespace cache_module {

class Turn {
 public:
  Turn(cache::Fills& fills, cache::FlightRef flight) : fills_(fills), flight_(flight) {}
  ~Turn() {
    if (flight_) fills_.end(flight_, cache::FlightEnd::look_again);  // the client left: others take over
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  cache::FlightRef flight() const { return flight_; }
  /// Somebody else sees to it from here on.
  cache::FlightRef take() { return std::exchange(flight_, {}); }
  /// Those who wait are told: nothing came that others could use …
  void fail() {
    if (flight_) fills_.end(take(), cache::FlightEnd::failed);
  }
  /// … or what came could not be stored.
  void refuse() {
    if (flight_) fills_.end_uncacheable(take());
  }

 private:
  cache::Fills& fills_;
  cache::FlightRef flight_;
};

}  // namespace cache_module
