// The access module's section.
#pragma once

#include <string>
#include <vector>

#include "conf/row.h"
#include "exchange/template.h"
#include "net/address.h"

namespace access_control {

/// One `allow` or `deny` line.
struct Rule {
  bool all = false;
  net::Cidr set;
  bool allow = false;
};

struct Conf {
  std::vector<Rule> rules;
  exchange::Template realm;  ///< empty: no auth_basic
  exchange::Template user_file;

  bool has_password() const { return !realm.empty() && !user_file.empty(); }
  static const conf::Section kSection;
};

}  // namespace access_control
