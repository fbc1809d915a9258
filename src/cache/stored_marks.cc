#include "cache/stored_marks.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "cache/purge_orders.h"

namespace cache {

namespace {

constexpr size_t kFront = 9;

void put(std::string& out, size_t number) {
  uint32_t value = static_cast<uint32_t>(number);
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

uint32_t number_at(std::string_view stored, size_t at) {
  uint32_t value = 0;
  std::memcpy(&value, stored.data() + at, sizeof value);
  return value;
}

/// Bytes of the block; 0: there is none, or it is broken.
size_t block_size(std::string_view stored) {
  if (stored.size() < kFront || static_cast<unsigned char>(stored[0]) != kMarksByte) return 0;
  size_t size = number_at(stored, 1);
  return size < kFront || size > stored.size() || number_at(stored, 5) > size - kFront ? 0 : size;
}

}  // namespace

std::vector<uint64_t> read_tags(const http::Fields& fields) {
  std::vector<uint64_t> tags;
  auto add = [&tags](std::string_view tag) { tags.push_back(tag_number(tag)); };
  for (const http::Field& field : fields) {
    bool spaced = field.id == http::Name::surrogate_key || base::equals_ignoring_case(field.name, "xkey");
    if (spaced) {
      base::split(field.value, ' ', add);
    } else if (base::equals_ignoring_case(field.name, "cache-tag")) {
      base::split(field.value, ',', add);
    }
  }
  std::sort(tags.begin(), tags.end());
  tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
  return tags;
}

std::string write_stored_marks(std::string_view uri, const std::vector<uint64_t>& tags) {
  std::string out;
  if (uri.empty() && tags.empty()) return out;
  out.push_back(static_cast<char>(kMarksByte));
  put(out, kFront + uri.size() + tags.size() * sizeof(uint64_t));
  put(out, uri.size());
  out.append(uri);
  if (!tags.empty()) out.append(reinterpret_cast<const char*>(tags.data()), tags.size() * sizeof(uint64_t));
  return out;
}

StoredMarks read_stored_marks(std::string_view stored) {
  StoredMarks marks;
  size_t size = block_size(stored);
  if (size == 0) return marks;
  size_t uri = number_at(stored, 5);
  marks.uri = stored.substr(kFront, uri);
  marks.tag_bytes = stored.substr(kFront + uri, size - kFront - uri);
  return marks;
}

std::string_view skip_stored_marks(std::string_view stored) { return stored.substr(block_size(stored)); }

}  // namespace cache
