// Ready-made setters: `.set = conf::set_size<&Core::client_body_buffer_size>`.
#pragma once

#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/text.h"
#include "base/units.h"
#include "conf/row.h"

namespace conf {

namespace detail {
template <class Member>
struct MemberOf;
template <class Class, class Type>
struct MemberOf<Type Class::*> {
  using class_type = Class;
  using type = Type;
};
template <auto Member>
auto& member(void* section) {
  return static_cast<typename MemberOf<decltype(Member)>::class_type*>(section)->*Member;
}
base::Result<bool> parse_flag(std::string_view text);
base::Result<int64_t> parse_number(std::string_view text);
}  // namespace detail

/// on | off → bool.
template <auto Member>
base::Result<void> set_flag(void* section, const Directive& directive, Site&) {
  base::Result<bool> flag = detail::parse_flag(directive.arg(0));
  if (!flag) return tl::unexpected(flag.error());
  detail::member<Member>(section) = *flag;
  return {};
}

/// A decimal number → an integer member; errors when it does not fit or is negative for an unsigned member.
template <auto Member>
base::Result<void> set_number(void* section, const Directive& directive, Site&) {
  base::Result<int64_t> number = detail::parse_number(directive.arg(0));
  if (!number) return tl::unexpected(number.error());
  auto& member = detail::member<Member>(section);
  if (!std::in_range<std::remove_reference_t<decltype(member)>>(*number)) {
    return base::fail("value \"{}\" is out of range", directive.arg(0));
  }
  member = static_cast<std::remove_reference_t<decltype(member)>>(*number);
  return {};
}

/// A size (4k, 1m) → an unsigned member, bytes.
template <auto Member>
base::Result<void> set_size(void* section, const Directive& directive, Site&) {
  base::Result<uint64_t> size = base::parse_size(directive.arg(0));
  if (!size) return tl::unexpected(size.error());
  auto& member = detail::member<Member>(section);
  if (!std::in_range<std::remove_reference_t<decltype(member)>>(*size)) {
    return base::fail("size \"{}\" is out of range", directive.arg(0));
  }
  member = static_cast<std::remove_reference_t<decltype(member)>>(*size);
  return {};
}

/// A time (30s, 1h) → base::Duration.
template <auto Member>
base::Result<void> set_time(void* section, const Directive& directive, Site&) {
  base::Result<base::Duration> time = base::parse_duration(directive.arg(0));
  if (!time) return tl::unexpected(time.error());
  detail::member<Member>(section) = *time;
  return {};
}

/// The first argument → std::string.
template <auto Member>
base::Result<void> set_string(void* section, const Directive& directive, Site&) {
  detail::member<Member>(section) = std::string(directive.arg(0));
  return {};
}

/// The first argument as a path under the prefix → std::string.
template <auto Member>
base::Result<void> set_path(void* section, const Directive& directive, Site& site) {
  detail::member<Member>(section) = site.full_path(directive.arg(0));
  return {};
}

/// Every argument, appended → std::vector<std::string>.
template <auto Member>
base::Result<void> add_strings(void* section, const Directive& directive, Site&) {
  for (const Word& word : directive.args) detail::member<Member>(section).push_back(word.text);
  return {};
}

/// One of `Names` (an array of {name, value}) → an enum member. Case is ignored, as in nginx.
template <auto Member, auto& Names>
base::Result<void> set_enum(void* section, const Directive& directive, Site&) {
  std::string known;
  for (const auto& [name, value] : Names) {
    if (base::equals_ignoring_case(directive.arg(0), name)) {
      detail::member<Member>(section) = value;
      return {};
    }
    known += known.empty() ? "" : ", ";
    known += name;
  }
  return base::fail("invalid value \"{}\", it must be one of {}", directive.arg(0), known);
}

}  // namespace conf
