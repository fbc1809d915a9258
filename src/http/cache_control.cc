#include "http/cache_control.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "http/syntax.h"

namespace http {
namespace {

struct Directive {
  std::string_view name;
  std::string_view argument;  // without quotes
  bool has_argument = false;
};

std::string_view take_quoted(std::string_view& text) {
  size_t end = 1;
  while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
  if (end >= text.size()) {  // never closed: it runs to the end
    std::string_view inside = text.substr(1);
    text = {};
    return inside;
  }
  std::string_view inside = text.substr(1, end - 1);
  text.remove_prefix(end + 1);
  return inside;
}

// The next directive, taken off `text`; false at the end.
bool take(std::string_view& text, Directive& out) {
  size_t start = text.find_first_not_of(", \t");
  if (start == std::string_view::npos) return false;
  text.remove_prefix(start);
  size_t end = 0;
  while (end < text.size() && is(text[end], kToken)) end++;
  out = {text.substr(0, end), {}, false};
  text.remove_prefix(end);
  if (!text.empty() && text[0] == '=') {
    text.remove_prefix(1);
    out.has_argument = true;
    if (!text.empty() && text[0] == '"') {
      out.argument = take_quoted(text);
    } else {
      out.argument = base::trim(text.substr(0, text.find(',')));
    }
  }
  size_t comma = text.find(',');
  text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  return true;
}

void set_seconds(std::optional<uint32_t>& to, const Directive& directive) {
  if (!to) to = parse_delta_seconds(directive.argument).value_or(0);
}

void set_listed(bool& unqualified, std::vector<std::string_view>& fields, const Directive& directive) {
  if (!directive.has_argument || directive.argument.empty()) {
    unqualified = true;
    return;
  }
  base::split(directive.argument, ',', [&](std::string_view name) { fields.push_back(name); });
}

using Flag = bool CacheControl::*;
using Seconds = std::optional<uint32_t> CacheControl::*;

constexpr std::pair<std::string_view, Flag> kFlags[] = {
    {"no-store", &CacheControl::no_store},
    {"public", &CacheControl::is_public},
    {"must-revalidate", &CacheControl::must_revalidate},
    {"proxy-revalidate", &CacheControl::proxy_revalidate},
    {"must-understand", &CacheControl::must_understand},
    {"no-transform", &CacheControl::no_transform},
    {"immutable", &CacheControl::immutable},
    {"only-if-cached", &CacheControl::only_if_cached},
};
constexpr std::pair<std::string_view, Seconds> kSeconds[] = {
    {"max-age", &CacheControl::max_age},
    {"s-maxage", &CacheControl::s_maxage},
    {"min-fresh", &CacheControl::min_fresh},
    {"stale-while-revalidate", &CacheControl::stale_while_revalidate},
    {"stale-if-error", &CacheControl::stale_if_error},
};

void apply(const Directive& directive, CacheControl& out) {
  for (const auto& [name, member] : kSeconds) {
    if (base::equals_ignoring_case(directive.name, name)) return set_seconds(out.*member, directive);
  }
  for (const auto& [name, member] : kFlags) {
    if (!base::equals_ignoring_case(directive.name, name)) continue;
    out.*member = true;
    return;
  }
  if (base::equals_ignoring_case(directive.name, "no-cache")) {
    set_listed(out.no_cache, out.no_cache_fields, directive);
  } else if (base::equals_ignoring_case(directive.name, "private")) {
    set_listed(out.is_private, out.private_fields, directive);
  } else if (base::equals_ignoring_case(directive.name, "max-stale")) {
    if (!directive.has_argument) out.max_stale_any = true;
    if (directive.has_argument) set_seconds(out.max_stale, directive);
  }
}

void parse(std::string_view text, CacheControl& out) {
  Directive directive;
  while (take(text, directive)) {
    if (directive.name.empty()) continue;
    out.present = true;
    apply(directive, out);
  }
}

}  // namespace

std::optional<uint32_t> parse_delta_seconds(std::string_view text) {
  if (text.empty()) return std::nullopt;
  uint64_t value = 0;
  for (char c : text) {
    if (!base::is_digit(c)) return std::nullopt;
    value = std::min<uint64_t>(value * 10 + static_cast<uint64_t>(c - '0'), kMaxDeltaSeconds);
  }
  return static_cast<uint32_t>(value);
}

CacheControl parse_cache_control(std::string_view value) {
  CacheControl out;
  parse(value, out);
  return out;
}

CacheControl parse_cache_control(const Fields& fields, Name name) {
  CacheControl out;
  if (!fields.has(name)) return out;
  for (const Field& field : fields) {
    if (field.id == name) parse(field.value, out);
  }
  return out;
}

}  // namespace http
