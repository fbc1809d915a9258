// The two families of directives that ask origins, proxy_* and grpc_*: what tells them apart, and the rows
// they share, which are declared once.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conf/row.h"

namespace proxy_core {

struct Family {
  std::string_view prefix;  ///< of its directives: "proxy_"
  std::string_view plain;   ///< how its URLs begin: "http://"
  std::string_view secure;
  bool needs_scheme = true;  ///< otherwise an URL without one is plain
  bool has_uri = true;       ///< an URL may have one
};

inline constexpr Family kProxy = {"proxy_", "http://", "https://", true, true};
inline constexpr Family kGrpc = {"grpc_", "grpc://", "grpcs://", false, false};

/// The rows of a family: those that both have, with its prefix, and its own. Lives as long as its section.
class FamilyRows {
 public:
  FamilyRows(const Family& family, std::span<const conf::Row> own);
  std::span<const conf::Row> all() const { return rows_; }

 private:
  std::vector<std::string> names_;
  std::vector<conf::Row> rows_;
};

}  // namespace proxy_core
