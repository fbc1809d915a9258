// What the reference model reads in header fields: dates, directives, entity tags, ranges. Own and tiny.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "t/unit/model/reference.h"

namespace model {

std::string lower(std::string_view text);
std::string trim(std::string_view text);
/// Members of a comma-separated list, trimmed, empty ones left out; commas in quotes do not separate.
std::vector<std::string> members(std::string_view list);

/// RFC 9110 §5.6.7: IMF-fixdate, RFC 850 and asctime forms; nothing when it is none of them.
std::optional<int64_t> read_date(std::string_view text);
std::string write_date(int64_t seconds);

/// A directive's arguments, in the order they came (§5.2); without one: "".
using Directives = std::map<std::string, std::vector<std::string>>;
Directives directives(const Fields& fields, std::string_view name);
/// What a response says to this cache: CDN-Cache-Control where it is there and sound, else Cache-Control (RFC
/// 9213 §2.2). `targeted`: which.
Directives response_directives(const Fields& fields, bool& targeted);
/// The values a number may be taken for: of several different ones the first or stale (§4.2.1); none that is
/// no number but stale.
std::vector<int64_t> seconds(const std::vector<std::string>& arguments);
/// The same for one that has to be right: the first; nothing when it is no number.
std::optional<int64_t> number(const Directives& of, const std::string& name);

/// §4.2.2 names RFC 9110 §15.1.
bool is_heuristically_cacheable(int status);
bool is_understood(int status);

/// Weak comparison of a list (or *) with a tag (RFC 9110 §8.8.3.2).
bool lists_tag(std::string_view list, std::string_view tag);

}  // namespace model
