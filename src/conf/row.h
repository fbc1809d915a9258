// A directive is declared once, as one row. From it come parsing, checking, defaults, inheritance, -t, -T,
// the manual and a test. A setter fills one member of one section's struct; there is nothing else to write.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "conf/diagnostics.h"
#include "conf/tree.h"

namespace conf {

/// Where a directive may stand; a row names several with |.
enum Context : uint32_t {
  kMain = 1u << 0,
  kEvents = 1u << 1,
  kHttp = 1u << 2,
  kServer = 1u << 3,
  kLocation = 1u << 4,
  kServerIf = 1u << 5,    // `if` in a server
  kLocationIf = 1u << 6,  // `if` in a location
  kLimitExcept = 1u << 7,
  kUpstream = 1u << 8,
  kStream = 1u << 9,
  kStreamServer = 1u << 10,
  kStreamUpstream = 1u << 11,
};
inline constexpr uint32_t kHttpServerLocation = kHttp | kServer | kLocation;

/// What a scope gets when the directive does not stand in it.
enum class Inherit : uint8_t {
  value,  ///< the innermost enclosing scope's directive (its whole list, if it may be repeated), else the
          ///< default. A row that may stand only around servers (main, http) declares something: it is
          ///< applied when that scope is resolved, not again inside
  none,   ///< the default
  block,  ///< as none, but an `if` or limit_except in a location has what its location has
};

/// What may follow the arguments.
enum class Block : uint8_t {
  none,   ///< ";"
  scope,  ///< "{ directives }", checked by rows in context `opens`
  free,   ///< "{ words; }" that only the setter understands (types, map, geo, split_clients)
};

/// What a setter may ask of the configuration being built. exchange::Builder derives from it and adds
/// variables.
class Site {
 public:
  virtual ~Site() = default;
  Diagnostics* diagnostics = nullptr;
  std::string prefix;       ///< relative paths of logs, caches, temp files, roots start here; ends in "/"
  std::string conf_prefix;  ///< relative paths of includes and certificates start here; ends in "/"
  bool compat = false;      ///< `compat nginx;`: nginx's defaults where ours differ
  Context context = kMain;  ///< of the scope being filled
  Position at;              ///< of the directive being set
  /// Kept by resolve() so that each block is read through once. A Site builds one configuration of one tree.
  std::shared_ptr<class ScopeIndex> scopes;
  /// `path` made absolute with `prefix`.
  std::string full_path(std::string_view path) const;
};

/// Fills a member of `section` from one occurrence. An error is reported at the first argument by the caller;
/// a setter that knows better reports through site.diagnostics itself and returns success.
using Setter = base::Result<void> (*)(void* section, const Directive& directive, Site& site);

struct Row {
  std::string_view name;
  uint32_t contexts = 0;
  std::string_view
      syntax;  ///< the arguments as the manual shows them: "size", "on | off", "code [=response] uri"
  uint8_t min_args = 1;
  uint8_t max_args = 1;  ///< kAny: no limit
  /// The default as text, parsed like an occurrence ("on", "8 4k"); empty: the member's own initial value
  /// stands. Not applied when another row of its group stands.
  std::string_view default_text = {};
  /// nginx's default where ours differs (`compat nginx;`); empty: the same.
  std::string_view nginx_default = {};
  std::string_view help;  ///< one or two sentences for the manual
  Setter set = nullptr;
  Inherit inherit = Inherit::value;
  /// Rows of one section with the same group are inherited together and applied in the order of the file:
  /// `allow` in a location hides the server's `deny` too.
  std::string_view group = {};
  bool repeat = false;  ///< may stand several times in one scope; otherwise a second one is "is duplicate"
  Block block = Block::none;
  uint32_t opens = 0;  ///< the context inside a scope block

  static constexpr uint8_t kAny = 255;
};

/// A struct whose members rows fill: one per folder or module that has directives.
struct Section {
  std::string_view name;
  std::span<const Row> rows;
  void* (*make)();
  void (*destroy)(void*);
  /// Called when all rows of a scope were applied: checks between members. May be null.
  base::Result<void> (*finish)(void* section, Site& site) = nullptr;
};

/// The section of struct T.
template <class T>
constexpr Section section(std::string_view name, std::span<const Row> rows,
                          base::Result<void> (*finish)(void*, Site&) = nullptr) {
  return {name, rows, []() -> void* { return new T(); }, [](void* object) { delete static_cast<T*>(object); },
          finish};
}

/// The scopes around and including the one being resolved, outermost first: http, server, location, …. The
/// main level is a Directive without a name whose block is the tree's directives.
using Chain = std::span<const Directive* const>;

/// A section filled for the innermost scope of `chain`: for each row the innermost occurrence(s) as its
/// `inherit` says, else the default. Errors go to site.diagnostics. The caller owns the object. `context` is
/// that of the last; those of the others follow from their names. An empty chain gives the defaults.
void* resolve(const Section& section, Chain chain, Context context, Site& site);

/// Whether resolve() of `chain` would fill the section just as it did for the chain without its last scope,
/// so that the two may share one object. Not asked for sections whose setters look at site.context.
bool resolves_as_outer(const Section& section, Chain chain, Context context, Site& site);

}  // namespace conf
