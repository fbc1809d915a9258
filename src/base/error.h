// What failed, as a value: no exception crosses a floor.
#pragma once

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <tl/expected.hpp>

namespace base {

/// Why something failed: a sentence for a person and, where the system said it, its errno.
struct Error {
  std::string message;
  int code = 0;  ///< errno, or 0 where no system call failed
};

template <class T>
using Result = tl::expected<T, Error>;

/// A failure in words: `return fail("no such zone \"{}\"", name);`
template <class... Args>
tl::unexpected<Error> fail(fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected<Error>(Error{fmt::format(format, std::forward<Args>(args)...), 0});
}

/// A failed system call: "what: strerror", keeping errno. Pass errno before anything can change it.
template <class... Args>
tl::unexpected<Error> fail_errno(int code, fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected<Error>(Error{
      fmt::format("{} ({}: {})", fmt::format(format, std::forward<Args>(args)...), code, std::strerror(code)),
      code});
}

}  // namespace base
