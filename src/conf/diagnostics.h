// What is wrong with a configuration: all of it in one run, each with its place.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "conf/tree.h"

namespace conf {

enum class Severity : uint8_t { notice, warning, error };

struct Diagnostic {
  Severity severity;
  Position at;
  std::string message;
};

class Diagnostics {
 public:
  template <class... Args>
  void error(Position at, fmt::format_string<Args...> format, Args&&... args) {
    add({Severity::error, at, fmt::format(format, std::forward<Args>(args)...)});
  }
  template <class... Args>
  void warn(Position at, fmt::format_string<Args...> format, Args&&... args) {
    add({Severity::warning, at, fmt::format(format, std::forward<Args>(args)...)});
  }
  template <class... Args>
  void notice(Position at, fmt::format_string<Args...> format, Args&&... args) {
    add({Severity::notice, at, fmt::format(format, std::forward<Args>(args)...)});
  }
  /// Keeps `all()` sorted by place; the same message at the same place is kept once.
  void add(Diagnostic diagnostic);

  bool failed() const { return errors_ > 0; }
  const std::vector<Diagnostic>& all() const { return all_; }

  /// "file:line:column: message", the source line, and a caret, in three lines without a last line end. Only
  /// the message when it has no place.
  std::string print(const Diagnostic& diagnostic, const Tree& tree) const;

 private:
  std::vector<Diagnostic> all_;
  size_t errors_ = 0;
};

}  // namespace conf
