// Regular expressions (PCRE2, JIT) as locations, server names, rewrites, maps and ifs use them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace exchange {

class Subject;
class Variables;

/// Positions of the last match's groups in the text it was matched against, for $1…$9.
struct Captures {
  std::string_view group[10];
  int count = 0;
};

class Regex {
 public:
  /// Compiles; named groups become variable slots (none when `variables` is null). Errors say what PCRE2
  /// says, with the place in the pattern. Matching is bounded, so that no request can make it run for long: a
  /// match that would is none, and logged.
  static base::Result<std::shared_ptr<const Regex>> compile(std::string_view pattern, bool ignore_case,
                                                            Variables* variables);
  ~Regex();

  /// True when `text` matches; `captures` (may be null) then holds its groups.
  bool match(std::string_view text, Captures* captures = nullptr) const;
  /// match(), and sets the exchange's captures and the variables of named groups. `text` must outlive the
  /// exchange.
  bool match(std::string_view text, Subject& subject) const;
  const std::string& pattern() const { return pattern_; }

 private:
  Regex() = default;
  struct Code;
  base::Result<void> name_groups(Variables& variables);
  int run(std::string_view text) const;
  std::string_view group(std::string_view text, int index) const;
  void capture(std::string_view text, int groups, Captures& captures) const;

  std::unique_ptr<Code> code_;
  std::string pattern_;
  std::vector<std::pair<int, uint32_t>> named_;  // group number, variable slot
};

}  // namespace exchange
