// Invariants: a broken one ends the process with a line; the master starts it again.
#pragma once

namespace base {

/// Writes "file:line: check failed: expression" to stderr and the error log's descriptor, then aborts.
[[noreturn]] void check_failed(const char* file, int line, const char* expression) noexcept;

}  // namespace base

/// Ends the process when `condition` is false, in every build: for what must hold whatever comes from
/// outside.
#define PC_CHECK(condition) \
  (__builtin_expect(!(condition), 0) ? ::base::check_failed(__FILE__, __LINE__, #condition) : (void)0)
