// A text with variables in it ("$scheme://$host$request_uri"), compiled once, evaluated per exchange. Cheap
// to copy: copies share what was compiled.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace conf {
struct Word;
struct Position;
}  // namespace conf

namespace exchange {

class Subject;
class Builder;
class Variables;

/// One piece of a text with variables in it.
struct TextPart {
  std::string text;  ///< literal, or the name of a variable ("1" of $1)
  bool is_variable = false;
};
/// The pieces of `text`. Errors: a "$" that names nothing, a "${" that is not closed.
base::Result<std::vector<TextPart>> split_variables(std::string_view text);

class Template {
 public:
  Template() = default;
  explicit Template(std::string literal) : literal_(std::move(literal)), source_(literal_) {}

  /// Compiles; variables are bound when the builder finishes, so that they may be defined later in the file.
  /// `${name}`, `$name`, `$1`…`$9`. Errors: a "$" that names nothing, a "${" that is not closed; a name that
  /// nobody defines is reported at the directive being set.
  static base::Result<Template> compile(std::string_view text, Builder& builder);
  /// The same; names that nobody defines are reported at the word.
  static base::Result<Template> compile(const conf::Word& word, Builder& builder);
  /// For variables that are all defined already: they are bound at once.
  static base::Result<Template> compile(std::string_view text, Variables& variables);

  /// The text for this exchange, in its arena (or the literal itself, or a single variable's own text).
  std::string_view evaluate(Subject& subject) const {
    return parts_ == nullptr ? std::string_view(literal_) : evaluate_parts(subject);
  }
  bool is_literal() const { return parts_ == nullptr; }
  bool empty() const { return parts_ == nullptr && literal_.empty(); }
  const std::string& literal() const { return literal_; }
  const std::string& source() const { return source_; }

 private:
  struct Part {
    std::string text;           // literal, or the variable's name until it is bound
    uint32_t variable = kNone;  // index; kCapture + n for $n
  };
  using Parts = std::vector<Part>;
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr uint32_t kUnbound = UINT32_MAX - 1;
  static constexpr uint32_t kCapture = UINT32_MAX - 16;

  static base::Result<std::shared_ptr<Parts>> split(std::string_view text);
  static base::Result<Template> compile_at(std::string_view text, Builder& builder, const conf::Position& at);
  static base::Result<void> bind(Parts& parts, Variables& variables);
  static std::string_view part_text(const Part& part, Subject& subject);
  std::string_view evaluate_parts(Subject& subject) const;

  std::string literal_;
  std::string source_;
  std::shared_ptr<const Parts> parts_;  // null: a literal
};

/// nginx's rule for lists of conditions (proxy_cache_bypass, early_hints): at least one is neither empty nor
/// "0".
bool any_set(std::span<const Template> conditions, Subject& subject);

}  // namespace exchange
