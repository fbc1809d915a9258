// Places between two stores to shared memory where a process may be killed. A test arms them in a child; in
// service each is one load and an untaken branch (and nothing at all with -DPC_NO_CRASH_POINTS).
#pragma once

namespace shm {

/// How many crash points this process still passes before it is killed; 0: never. Only tests set it.
inline int crash_countdown = 0;

/// Counts down; at zero the process is killed as by kill -9.
void pass_crash_point(const char* name) noexcept;

}  // namespace shm

#ifdef PC_NO_CRASH_POINTS
#define PC_CRASH_POINT(name) ((void)0)
#else
#define PC_CRASH_POINT(name) \
  (__builtin_expect(::shm::crash_countdown != 0, 0) ? ::shm::pass_crash_point(name) : (void)0)
#endif
