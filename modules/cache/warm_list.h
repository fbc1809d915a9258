// The URLs that warming asks for, read from what people have: a list, one a line; what "cache export" prints;
// an access log.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cache_module {

struct WarmList {
  std::vector<std::string> urls;  ///< each once; those of a log with the most asked for first
  size_t skipped = 0;             ///< lines that name none
};

/// `base`: scheme and host of targets in a log ("http://example.com"); empty: such lines are skipped. Only
/// http URLs are taken.
WarmList read_warm_list(std::string_view text, std::string_view base);

}  // namespace cache_module
