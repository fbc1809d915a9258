// The table of one geo block. Made with the configuration, immutable afterwards.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conf/tree.h"
#include "exchange/builder.h"
#include "exchange/template.h"
#include "modules/geo/networks.h"

namespace geo {

class Table {
 public:
  /// Reads the block of a `geo` directive. Errors inside are reported at their lines.
  static std::shared_ptr<Table> read(const conf::Directive& directive, exchange::Builder& builder);
  std::string_view value(exchange::Subject& subject) const;
  bool is_volatile() const { return volatile_; }

 private:
  /// A line's value and its place in the file, until all are sorted.
  struct Line {
    uint32_t value;
    size_t place;
  };
  void read_words(const conf::Directive& directive);
  base::Result<void> read_line(const conf::Directive& line, conf::Diagnostics& diagnostics);
  base::Result<void> add_network(const conf::Word& network, std::string value,
                                 conf::Diagnostics& diagnostics);
  base::Result<void> remove_network(const conf::Word& network, conf::Diagnostics& diagnostics);
  std::optional<net::Address> address_of(exchange::Subject& subject) const;
  void finish();

  exchange::Template source_;  // empty: the client's address
  bool ranges_ = false;
  bool proxy_recursive_ = false;
  bool volatile_ = false;
  std::vector<net::Cidr> proxies_;
  std::vector<std::string> values_;
  std::optional<uint32_t> default_;
  std::map<Interval, Line> lines_;
  Networks networks_;
};

}  // namespace geo
