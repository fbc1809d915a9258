// A regular expression of a purge. Matching is bounded, so that no expression can hold a worker; one that
// would take longer counts as a match: rather one object too many goes than one that should have gone stays.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace cache {

class PurgePattern {
 public:
  /// Errors say what PCRE2 says, with the place in the pattern.
  static base::Result<PurgePattern> compile(std::string_view pattern);
  PurgePattern(PurgePattern&&) noexcept;
  PurgePattern& operator=(PurgePattern&&) noexcept;
  ~PurgePattern();

  bool matches(std::string_view text) const;

 private:
  struct Code;
  explicit PurgePattern(std::unique_ptr<Code> code);
  std::unique_ptr<Code> code_;
};

}  // namespace cache
