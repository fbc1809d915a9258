#include "http/conditionals.h"

#include "base/text.h"
#include "http/dates.h"

namespace http {
namespace {

bool is_etag_char(char c) {
  auto byte = static_cast<unsigned char>(c);
  return byte == 0x21 || (byte >= 0x23 && byte != 0x7f);
}

std::string_view opaque(std::string_view etag) { return is_weak(etag) ? etag.substr(2) : etag; }

// The tag at the front of a list, taken off it; empty when there is none.
std::string_view take_etag(std::string_view& list) {
  size_t start = list.starts_with("W/") ? 2 : 0;
  if (start >= list.size() || list[start] != '"') return {};
  size_t end = list.find('"', start + 1);
  if (end == std::string_view::npos) return {};
  std::string_view etag = list.substr(0, end + 1);
  list.remove_prefix(end + 1);
  return etag;
}

bool modified_since(std::string_view date, const Validators& validators, DateMatch match, int64_t now) {
  if (match == DateMatch::off || !validators.last_modified) return true;
  std::optional<int64_t> since = parse_date(date, now);
  if (!since) return true;
  return match == DateMatch::exact ? *validators.last_modified != *since : *validators.last_modified > *since;
}

}  // namespace

bool is_weak(std::string_view etag) { return etag.starts_with("W/"); }

bool is_etag(std::string_view text) {
  text = opaque(text);
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return false;
  for (char c : text.substr(1, text.size() - 2)) {
    if (!is_etag_char(c)) return false;
  }
  return true;
}

bool strong_match(std::string_view a, std::string_view b) {
  return !is_weak(a) && !is_weak(b) && a == b && is_etag(a);
}

bool weak_match(std::string_view a, std::string_view b) { return opaque(a) == opaque(b) && is_etag(a); }

bool etag_list_matches(std::string_view list, std::string_view etag, bool weak) {
  list = base::trim(list);
  if (list == "*") return true;
  if (etag.empty()) return false;
  while (!list.empty()) {
    if (list[0] == ',' || list[0] == ' ' || list[0] == '\t') {
      list.remove_prefix(1);
      continue;
    }
    std::string_view one = take_etag(list);
    if (one.empty()) return false;  // bad syntax: what follows cannot be told apart
    if (weak ? weak_match(one, etag) : strong_match(one, etag)) return true;
  }
  return false;
}

Condition evaluate(const Request& request, const Validators& validators, DateMatch dates, int64_t now) {
  const Fields& fields = request.fields;
  bool reads = request.method == Method::get || request.method == Method::head;

  if (fields.has(Name::if_match)) {
    if (!etag_list_matches(fields.combined(Name::if_match), validators.etag, false)) {
      return Condition::precondition_failed;
    }
  } else if (fields.has(Name::if_unmodified_since) && validators.last_modified) {
    std::optional<int64_t> since = parse_date(fields.get(Name::if_unmodified_since), now);
    if (since && *validators.last_modified > *since) return Condition::precondition_failed;
  }
  if (fields.has(Name::if_none_match)) {
    if (etag_list_matches(fields.combined(Name::if_none_match), validators.etag, true)) {
      return reads ? Condition::not_modified : Condition::precondition_failed;
    }
  } else if (reads && fields.has(Name::if_modified_since)) {
    if (!modified_since(fields.get(Name::if_modified_since), validators, dates, now)) {
      return Condition::not_modified;
    }
  }
  return Condition::proceed;
}

bool range_applies(const Request& request, const Validators& validators, int64_t now) {
  if (request.method != Method::get || !request.fields.has(Name::range)) return false;
  if (!request.fields.has(Name::if_range)) return true;
  std::string_view text = request.fields.get(Name::if_range);
  if (text.ends_with('"')) return strong_match(text, validators.etag);
  std::optional<int64_t> date = parse_date(text, now);
  if (!date || !validators.last_modified || *date != *validators.last_modified) return false;
  // A date is strong only when a second change within its second would have shown (RFC 9110 §8.8.2.2).
  return validators.date == 0 || validators.date - *date >= 1;
}

}  // namespace http
