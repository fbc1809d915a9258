// proxy_cache_purge: a request that removes what is stored instead of asking for it. A module of its own,
// just before the cache.
#pragma once

#include <string>
#include <vector>

#include "exchange/module.h"
#include "exchange/template.h"
#include "net/address.h"

namespace cache_module {

struct PurgeConf {
  std::string method;                          ///< empty: no method purges
  std::vector<net::Cidr> from;                 ///< who may; empty: loopback
  bool from_all = false;                       ///< "from all"
  std::vector<exchange::Template> conditions;  ///< the other form: a request is a purge where one is set

  static const conf::Section kSection;
};

extern const exchange::Module kPurgeModule;

}  // namespace cache_module
