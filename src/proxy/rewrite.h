// nginx's rewrite instructions: set, if, return, rewrite, break, in the order of the file. They run before
// any hook, first the server's, then the location's; a changed URI looks for its location again (at most 10
// rounds).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "exchange/builder.h"
#include "exchange/exchange.h"
#include "exchange/regex.h"
#include "exchange/template.h"

namespace proxy {

/// The condition of an `if`.
struct Condition {
  enum class Kind : uint8_t { set, equals, differs, matches, file, directory, exists, executable };
  Kind kind = Kind::set;
  bool negated = false;
  exchange::Template left;
  exchange::Template right;
  std::shared_ptr<const exchange::Regex> regex;

  /// `words`: what stands between "if" and "{". Errors name the word that is wrong.
  static base::Result<Condition> parse(const conf::Directive& directive, exchange::Builder& builder);
  bool holds(exchange::Exchange& exchange) const;
};

struct Instruction;

/// What a run of instructions left behind.
enum class RewriteEnd : uint8_t {
  go_on,     ///< nothing that matters to routing
  relocate,  ///< the URI changed: find its location again
  stop,      ///< break: this location, and no more instructions
  reply,     ///< return or a redirect: Exchange::reply is filled
};

class Rewrites {
 public:
  Rewrites();
  ~Rewrites();
  Rewrites(Rewrites&&) noexcept;
  Rewrites& operator=(Rewrites&&) noexcept;

  /// Compiles the instructions that stand directly in `block`. `if_route(directive)` makes the route of an
  /// `if`.
  void compile(const conf::Directive& block, exchange::Builder& builder,
               const std::function<const exchange::Route*(const conf::Directive&)>& if_route);
  bool empty() const { return instructions_.empty(); }
  RewriteEnd run(exchange::Exchange& exchange) const;

 private:
  std::vector<Instruction> instructions_;
};

/// The rows of set, if, return, rewrite, break.
extern const conf::Section kRewriteSection;

}  // namespace proxy
