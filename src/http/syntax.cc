#include "http/syntax.h"

namespace http {

NameVerdict judge_name(std::string_view name, const HeadLimits& limits) {
  if (name.empty()) return NameVerdict::refuse;
  bool plain = true;
  bool token = true;
  for (char c : name) {
    if (is(c, kPlainName) || (c == '_' && limits.underscores_in_headers)) continue;
    plain = false;
    // A space or a control character in a name is how requests are smuggled (RFC 9112 §5.1): never let
    // through.
    if (!is(c, kTarget)) return NameVerdict::refuse;
    if (!is(c, kToken)) token = false;
  }
  if (plain) return NameVerdict::keep;
  if (limits.ignore_invalid_headers) return NameVerdict::ignore;
  return token ? NameVerdict::keep : NameVerdict::refuse;
}

}  // namespace http
