#include "http/fields.h"

#include <array>
#include <cstring>

#include "base/text.h"

namespace http {
namespace {

struct KnownName {
  std::string_view canonical;
  std::string_view lower;
};

constexpr size_t kKnown = static_cast<size_t>(Name::count_);

constexpr std::array<KnownName, kKnown> kNames = {{
    {"", ""},
    {"Accept", "accept"},
    {"Accept-Encoding", "accept-encoding"},
    {"Accept-Ranges", "accept-ranges"},
    {"Age", "age"},
    {"Allow", "allow"},
    {"Authorization", "authorization"},
    {"Cache-Control", "cache-control"},
    {"Cache-Status", "cache-status"},
    {"CDN-Cache-Control", "cdn-cache-control"},
    {"Connection", "connection"},
    {"Content-Encoding", "content-encoding"},
    {"Content-Language", "content-language"},
    {"Content-Length", "content-length"},
    {"Content-Location", "content-location"},
    {"Content-Range", "content-range"},
    {"Content-Type", "content-type"},
    {"Cookie", "cookie"},
    {"Date", "date"},
    {"Early-Data", "early-data"},
    {"ETag", "etag"},
    {"Expect", "expect"},
    {"Expires", "expires"},
    {"Host", "host"},
    {"If-Match", "if-match"},
    {"If-Modified-Since", "if-modified-since"},
    {"If-None-Match", "if-none-match"},
    {"If-Range", "if-range"},
    {"If-Unmodified-Since", "if-unmodified-since"},
    {"Keep-Alive", "keep-alive"},
    {"Last-Modified", "last-modified"},
    {"Link", "link"},
    {"Location", "location"},
    {"Pragma", "pragma"},
    {"Priority", "priority"},
    {"Proxy-Authenticate", "proxy-authenticate"},
    {"Proxy-Authorization", "proxy-authorization"},
    {"Proxy-Connection", "proxy-connection"},
    {"Range", "range"},
    {"Referer", "referer"},
    {"Refresh", "refresh"},
    {"Retry-After", "retry-after"},
    {"Server", "server"},
    {"Set-Cookie", "set-cookie"},
    {"Surrogate-Key", "surrogate-key"},
    {"TE", "te"},
    {"Trailer", "trailer"},
    {"Transfer-Encoding", "transfer-encoding"},
    {"Upgrade", "upgrade"},
    {"User-Agent", "user-agent"},
    {"Vary", "vary"},
    {"Via", "via"},
    {"Warning", "warning"},
    {"WWW-Authenticate", "www-authenticate"},
    {"X-Accel-Buffering", "x-accel-buffering"},
    {"X-Accel-Charset", "x-accel-charset"},
    {"X-Accel-Expires", "x-accel-expires"},
    {"X-Accel-Limit-Rate", "x-accel-limit-rate"},
    {"X-Accel-Redirect", "x-accel-redirect"},
    {"X-Cache", "x-cache"},
    {"X-Forwarded-For", "x-forwarded-for"},
    {"X-Real-IP", "x-real-ip"},
}};

// A perfect hash over length and three characters, found while compiling: one multiplication and one
// comparison.
constexpr size_t kSlots = 1024;

constexpr uint32_t mix(const char* text, size_t size, uint32_t seed) {
  uint32_t first = static_cast<unsigned char>(text[0] | 0x20);
  uint32_t middle = static_cast<unsigned char>(text[size / 2] | 0x20);
  uint32_t last = static_cast<unsigned char>(text[size - 1] | 0x20);
  uint32_t key = static_cast<uint32_t>(size) | first << 8 | middle << 16 | last << 24;
  return (key * seed) >> 22;
}

struct NameTable {
  std::array<uint8_t, kSlots> slots{};
  uint32_t seed = 0;
};

constexpr bool fill(NameTable& table, uint32_t seed) {
  table.slots = {};
  table.seed = seed;
  for (size_t i = 1; i < kKnown; i++) {
    uint8_t& slot = table.slots[mix(kNames[i].lower.data(), kNames[i].lower.size(), seed)];
    if (slot != 0) return false;
    slot = static_cast<uint8_t>(i);
  }
  return true;
}

constexpr NameTable make_table() {
  NameTable table;
  for (uint32_t seed = 0x9e3779b1u; !fill(table, seed); seed += 0x3c6ef372u) {}
  return table;
}

constexpr NameTable kTable = make_table();

template <class Word>
bool same_word(const char* text, const char* lower) {
  Word a;
  Word b;
  std::memcpy(&a, text, sizeof a);
  std::memcpy(&b, lower, sizeof b);
  return (a | static_cast<Word>(0x2020202020202020ull)) == b;
}

// `lower` holds only small letters and "-": setting bit 5 maps exactly the capital letters onto them (and CR
// onto
// "-", which no parsed name contains).
bool same_name(const char* text, const char* lower, size_t size) {
  if (size >= 8) {
    for (size_t i = 0; i + 8 <= size; i += 8) {
      if (!same_word<uint64_t>(text + i, lower + i)) return false;
    }
    return same_word<uint64_t>(text + size - 8, lower + size - 8);
  }
  if (size >= 4) {
    return same_word<uint32_t>(text, lower) && same_word<uint32_t>(text + size - 4, lower + size - 4);
  }
  for (size_t i = 0; i < size; i++) {
    if ((text[i] | 0x20) != lower[i]) return false;
  }
  return true;
}

}  // namespace

Name find_name(std::string_view text) {
  if (text.size() < 2) return Name::other;
  uint8_t number = kTable.slots[mix(text.data(), text.size(), kTable.seed)];
  const std::string_view& lower = kNames[number].lower;
  if (lower.size() != text.size() || !same_name(text.data(), lower.data(), text.size())) return Name::other;
  return static_cast<Name>(number);
}

std::string_view canonical_name(Name name) { return kNames[static_cast<size_t>(name)].canonical; }

void Fields::add(const Field& field) {
  if (size_ == capacity_) {
    uint32_t capacity = capacity_ == 0 ? 16 : capacity_ * 2;
    auto* fields = static_cast<Field*>(arena_->allocate(capacity * sizeof(Field), alignof(Field)));
    for (uint32_t i = 0; i < size_; i++) new (&fields[i]) Field(fields_[i]);
    fields_ = fields;
    capacity_ = capacity;
  }
  new (&fields_[size_++]) Field(field);
  unsigned bit = static_cast<unsigned>(field.id);
  present_[bit >> 6] |= uint64_t{1} << (bit & 63);
}

void Fields::set(Name name, std::string_view value) {
  Field* first = const_cast<Field*>(find(name));
  if (first == nullptr) return add(name, value);
  first->value = value;
  Field* to = first + 1;
  for (Field* from = first + 1; from != end(); from++) {
    if (from->id != name) *to++ = *from;
  }
  size_ = static_cast<uint32_t>(to - fields_);
}

void Fields::set(std::string_view name, std::string_view value) {
  Name id = find_name(name);
  if (id != Name::other) return set(id, value);
  Field* first = const_cast<Field*>(find(name));
  if (first == nullptr) return add(Field{name, value, id});
  first->value = value;
  Field* to = first + 1;
  for (Field* from = first + 1; from != end(); from++) {
    if (from->id != id || !base::equals_ignoring_case(from->name, name)) *to++ = *from;
  }
  size_ = static_cast<uint32_t>(to - fields_);
}

size_t Fields::remove(Name name) {
  if (!has(name)) return 0;
  Field* to = fields_;
  for (Field* from = fields_; from != end(); from++) {
    if (from->id != name) *to++ = *from;
  }
  size_t removed = static_cast<size_t>(end() - to);
  size_ -= static_cast<uint32_t>(removed);
  reindex();
  return removed;
}

size_t Fields::remove(std::string_view name) {
  Name id = find_name(name);
  if (id != Name::other) return remove(id);
  if (!has(id)) return 0;
  Field* to = fields_;
  for (Field* from = fields_; from != end(); from++) {
    if (from->id != id || !base::equals_ignoring_case(from->name, name)) *to++ = *from;
  }
  size_t removed = static_cast<size_t>(end() - to);
  size_ -= static_cast<uint32_t>(removed);
  if (removed != 0) reindex();
  return removed;
}

const Field* Fields::find(Name name) const {
  if (!has(name)) return nullptr;
  for (const Field& field : *this) {
    if (field.id == name) return &field;
  }
  return nullptr;
}

const Field* Fields::find(std::string_view name) const {
  Name id = find_name(name);
  if (id != Name::other) return find(id);
  if (!has(id)) return nullptr;
  for (const Field& field : *this) {
    if (field.id == id && base::equals_ignoring_case(field.name, name)) return &field;
  }
  return nullptr;
}

std::string_view Fields::get(Name name) const {
  const Field* field = find(name);
  return field != nullptr ? field->value : std::string_view();
}

std::string_view Fields::get(std::string_view name) const {
  const Field* field = find(name);
  return field != nullptr ? field->value : std::string_view();
}

namespace {

// Joins what `matches` picks; touches the arena only when there are several.
template <class Matches>
std::string_view joined(const Fields& fields, Matches matches) {
  const Field* first = nullptr;
  size_t count = 0;
  size_t size = 0;
  for (const Field& field : fields) {
    if (!matches(field)) continue;
    if (count++ == 0) first = &field;
    size += field.value.size() + 2;
  }
  if (count == 0) return {};
  if (count == 1) return first->value;
  char* text = fields.arena().chars(size);
  char* end = text;
  for (const Field& field : fields) {
    if (!matches(field)) continue;
    if (end != text) {
      *end++ = ',';
      *end++ = ' ';
    }
    if (!field.value.empty()) std::memcpy(end, field.value.data(), field.value.size());
    end += field.value.size();
  }
  return {text, static_cast<size_t>(end - text)};
}

}  // namespace

std::string_view Fields::combined(Name name) const {
  if (!has(name)) return {};
  return joined(*this, [name](const Field& field) { return field.id == name; });
}

std::string_view Fields::combined(std::string_view name) const {
  Name id = find_name(name);
  if (id != Name::other) return combined(id);
  if (!has(id)) return {};
  return joined(*this, [name, id](const Field& field) {
    return field.id == id && base::equals_ignoring_case(field.name, name);
  });
}

size_t Fields::count(Name name) const {
  if (!has(name)) return 0;
  size_t count = 0;
  for (const Field& field : *this) count += field.id == name;
  return count;
}

void Fields::reindex() {
  present_[0] = present_[1] = 0;
  for (const Field& field : *this) {
    unsigned bit = static_cast<unsigned>(field.id);
    present_[bit >> 6] |= uint64_t{1} << (bit & 63);
  }
}

}  // namespace http
