// Variables: $name in the configuration, evaluated for an exchange.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"

namespace exchange {

class Exchange;
class Subject;

/// The two worlds of a configuration: requests of HTTP, and sessions of layer 4.
enum class Realm : uint8_t { http, stream };

/// What a variable is worth. Not found is empty in templates and "-" in logs, as in nginx.
struct Value {
  std::string_view text;
  bool found = true;
  static Value none() { return {{}, false}; }
};

/// Evaluates a variable; text lives in the exchange's arena, the configuration, or the stream. `argument`:
/// what follows the prefix of a prefix variable ("x_id" of $http_x_id). `data`: as given to define().
/// A variable that every Subject has takes GetShared.
using GetShared = Value (*)(Subject& subject, std::string_view argument, const void* data);
using GetVariable = Value (*)(Exchange& exchange, std::string_view argument, const void* data);
/// Called by `set` (and captures) on variables such as $args and $limit_rate that are more than a slot.
using SetVariable = void (*)(Exchange& exchange, std::string_view value);

struct Variable {
  std::string name;      ///< without "$"
  std::string argument;  ///< for prefix variables
  GetShared get_shared = nullptr;
  GetVariable get = nullptr;  ///< of exchanges alone
  SetVariable set = nullptr;
  const void* data = nullptr;
  bool cached = false;  ///< evaluated at most once per exchange (map, split_clients, geo)
  /// Nothing computes it: `set`, captures or auth fill it.
  bool is_slot() const { return get == nullptr && get_shared == nullptr; }
};

/// The variables one configuration knows. Those it uses have an index; an exchange has a slot for each of
/// these.
class Variables {
 public:
  /// Knows the variables of the http core, or those that every Subject has; modules and layer 4 add theirs.
  explicit Variables(Realm realm = Realm::http);

  /// A built-in. A second definition of the same name replaces the first.
  void define(std::string name, GetVariable get, const void* data = nullptr, bool cached = false,
              SetVariable set = nullptr);
  void define(std::string name, GetShared get, const void* data = nullptr, bool cached = false);
  /// All names that start with `prefix` ("http_").
  void define_prefix(std::string prefix, GetVariable get, const void* data = nullptr);
  void define_prefix(std::string prefix, GetShared get, const void* data = nullptr);
  /// A variable that a block of the configuration defines (map, geo, split_clients); a later one of the same
  /// name replaces it. Error: the name belongs to a built-in.
  base::Result<void> define_from_block(std::string_view name, GetShared get, const void* data, bool cached);
  /// A slot that `set` or named captures fill; keeps an existing definition.
  uint32_t slot(std::string_view name);

  bool known(std::string_view name) const;
  /// A built-in that no configuration may set ($uri): `set` and map refuse it.
  bool fixed(std::string_view name) const;
  /// The index of a variable used somewhere; errors when nobody defines it (call after all definitions).
  base::Result<uint32_t> find(std::string_view name);
  const Variable& at(uint32_t index) const { return *used_[index]; }
  /// How many are used: indices are below.
  size_t size() const { return used_.size(); }

 private:
  static constexpr uint32_t kUnused = UINT32_MAX;
  struct Definition {
    Variable variable;
    bool built_in = false;
    uint32_t index = kUnused;
  };
  struct Prefix {
    std::string prefix;
    GetShared get_shared;
    GetVariable get;
    const void* data;
  };
  void put(Variable variable, bool built_in);
  const Prefix* prefix_of(std::string_view name) const;
  uint32_t use(Definition& definition);

  std::vector<std::unique_ptr<Variable>> used_;
  std::unordered_map<std::string, Definition> definitions_;
  std::vector<Prefix> prefixes_;
};

/// The variables of the http core ($uri, $args, $http_…): what Variables() starts with.
void define_core_variables(Variables& variables);
/// Those that every Subject has: $remote_addr, $proxy_protocol_addr, $ssl_….
void define_shared_variables(Variables& variables);
/// $ssl_….
void define_tls_variables(Variables& variables);

}  // namespace exchange
