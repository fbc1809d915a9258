// The table of one map block. Made with the configuration, immutable afterwards.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "conf/tree.h"
#include "exchange/builder.h"
#include "exchange/regex.h"
#include "exchange/template.h"

namespace map {

class Table {
 public:
  /// Reads the block of a `map` directive. Errors inside are reported at their lines.
  static std::shared_ptr<Table> read(const conf::Directive& directive, exchange::Builder& builder);

  /// The value for what the source is worth in this exchange.
  std::string_view value(exchange::Subject& subject) const;
  bool is_volatile() const { return volatile_; }

 private:
  using Key = std::pair<std::string, uint32_t>;
  void read_line(const conf::Directive& line, exchange::Builder& builder);
  base::Result<void> add_key(const conf::Word& key, uint32_t value, exchange::Builder& builder);
  base::Result<void> add_host(std::string key, uint32_t value);
  base::Result<void> add_exact(std::string key, uint32_t value);
  const exchange::Template* find(std::string_view text, exchange::Subject& subject) const;
  const uint32_t* find_host(std::string_view host) const;

  exchange::Template source_;
  bool hostnames_ = false;
  bool volatile_ = false;
  std::vector<exchange::Template> values_;
  std::optional<uint32_t> default_;
  std::unordered_map<std::string, uint32_t> exact_;
  std::unordered_map<std::string, uint32_t> front_;   // "*.example.com" under ".example.com"
  std::unordered_map<std::string, uint32_t> behind_;  // "www.example.*" under "www.example."
  std::vector<std::pair<std::shared_ptr<const exchange::Regex>, uint32_t>> regexes_;
};

}  // namespace map
