// Header fields in the order they came (RFC 9110 §5). Text lives in an arena or is static; fields own
// nothing.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/arena.h"

namespace http {

/// Fields that the proxy itself asks about: found by number instead of by text.
enum class Name : uint8_t {
  other,
  accept,
  accept_encoding,
  accept_ranges,
  age,
  allow,
  authorization,
  cache_control,
  cache_status,
  cdn_cache_control,
  connection,
  content_encoding,
  content_language,
  content_length,
  content_location,
  content_range,
  content_type,
  cookie,
  date,
  early_data,
  etag,
  expect,
  expires,
  host,
  if_match,
  if_modified_since,
  if_none_match,
  if_range,
  if_unmodified_since,
  keep_alive,
  last_modified,
  link,
  location,
  pragma,
  priority,
  proxy_authenticate,
  proxy_authorization,
  proxy_connection,
  range,
  referer,
  refresh,
  retry_after,
  server,
  set_cookie,
  surrogate_key,
  te,
  trailer,
  transfer_encoding,
  upgrade,
  user_agent,
  vary,
  via,
  warning,
  www_authenticate,
  x_accel_buffering,
  x_accel_charset,
  x_accel_expires,
  x_accel_limit_rate,
  x_accel_redirect,
  x_cache,
  x_forwarded_for,
  x_real_ip,
  count_,
};

/// The known field with this name, ASCII case ignored; Name::other when there is none.
Name find_name(std::string_view text);
/// "Content-Length"; empty for Name::other.
std::string_view canonical_name(Name name);

struct Field {
  std::string_view name;  ///< as received or written; compare with the id, or ignoring case
  std::string_view value;
  Name id = Name::other;
};

/// An ordered list of fields. Lookup of an absent known name is one bit test.
class Fields {
 public:
  explicit Fields(base::Arena& arena) : arena_(&arena) {}

  /// Appends. The texts are not copied: they must live as long as the arena.
  void add(std::string_view name, std::string_view value) { add(Field{name, value, find_name(name)}); }
  void add(Name name, std::string_view value) { add(Field{canonical_name(name), value, name}); }
  void add(const Field& field);
  /// Replaces every field of that name by one at the first one's place; appends when there was none.
  void set(Name name, std::string_view value);
  void set(std::string_view name, std::string_view value);
  /// How many were removed. The order of the others stays.
  size_t remove(Name name);
  size_t remove(std::string_view name);
  void clear() { size_ = 0, present_[0] = present_[1] = 0; }

  bool has(Name name) const {
    return present_[static_cast<unsigned>(name) >> 6] >> (static_cast<unsigned>(name) & 63) & 1;
  }
  /// The first field of that name, or null.
  const Field* find(Name name) const;
  const Field* find(std::string_view name) const;
  /// The first value, or empty.
  std::string_view get(Name name) const;
  std::string_view get(std::string_view name) const;
  /// All values joined with ", " (RFC 9110 §5.3), in the arena when there are several.
  std::string_view combined(Name name) const;
  std::string_view combined(std::string_view name) const;
  size_t count(Name name) const;

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const Field* begin() const { return fields_; }
  const Field* end() const { return fields_ + size_; }
  Field* begin() { return fields_; }
  Field* end() { return fields_ + size_; }
  base::Arena& arena() const { return *arena_; }

 private:
  void reindex();

  base::Arena* arena_;
  Field* fields_ = nullptr;
  uint32_t size_ = 0;
  uint32_t capacity_ = 0;
  uint64_t present_[2] = {0, 0};
};
static_assert(static_cast<unsigned>(Name::count_) <= 128);

}  // namespace http
