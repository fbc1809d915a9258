// The time that QUIC measures with: finer than the loop's, read at each batch of packets.
#pragma once

#include <ngtcp2/ngtcp2.h>

#include <ctime>

namespace h3 {

inline ngtcp2_tstamp now_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<ngtcp2_tstamp>(now.tv_sec) * NGTCP2_SECONDS + static_cast<ngtcp2_tstamp>(now.tv_nsec);
}

}  // namespace h3
