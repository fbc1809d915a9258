// A zone in anonymous shared memory, for tests.
#pragma once

#include <sys/mman.h>

#include <cstring>
#include <string>

#include "cache/stored_body.h"
#include "cache/zone.h"

namespace cache_test {

struct ZoneFixture {
  explicit ZoneFixture(size_t keys = 64 * 1024, size_t memory = 512 * 1024)
      : shape(cache::ZoneShape::of(keys, memory)),
        bytes(static_cast<std::byte*>(
            mmap(nullptr, shape.total, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
    cache::Zone::format(bytes, shape);
  }
  /// The zone as process `process` sees it. One per process: it unmaps when destroyed.
  cache::Zone open(uint16_t process, uint32_t inactive = 0) {
    return cache::Zone(shm::Mapping(bytes, shape.total), shape, process, inactive);
  }
  /// The same at another address, as a process has it that was not forked from this one.
  cache::Zone open_elsewhere(uint16_t process) {
    void* other = mremap(bytes, 0, shape.total, MREMAP_MAYMOVE);
    return cache::Zone(shm::Mapping(static_cast<std::byte*>(other), shape.total), shape, process);
  }

  cache::ZoneShape shape;
  std::byte* bytes;
};

inline cache::Writer begin(cache::Zone& zone, std::string_view key, std::optional<uint64_t> size,
                           uint32_t now = 1000) {
  cache::Writer::Object object;
  object.digest = zone.digest(key);
  object.key = key;
  object.head = "head";
  object.facts.status = 200;
  object.body_size = size;
  return cache::Writer::begin(zone, object, now);
}

inline bool store(cache::Zone& zone, std::string_view key, std::string_view body, uint32_t now = 1000) {
  cache::Writer writer = begin(zone, key, body.size(), now);
  return writer && writer.append(body) && writer.finish();
}

inline std::string read_all(http::Body& body) {
  std::string text;
  iovec pieces[3];
  for (;;) {
    http::Peek peek = body.peek(pieces);
    if (peek.state != http::Readiness::ready) return text;
    size_t size = 0;
    for (int i = 0; i < peek.count; ++i) {
      text.append(static_cast<char*>(pieces[i].iov_base), pieces[i].iov_len);
      size += pieces[i].iov_len;
    }
    body.consume(size);
  }
}

/// The body stored under `key`; "-" when there is none.
inline std::string fetch(cache::Zone& zone, std::string_view key, uint32_t now = 1000) {
  base::Arena arena;
  cache::Found found = zone.find(zone.digest(key), key, now, arena);
  if (!found) return "-";
  if (!found.pin) return std::string(found.body);
  cache::StoredBody body(std::move(found.pin), 0, found.body_size);
  return read_all(body);
}

/// A body of which every part tells where it belongs.
inline std::string pattern(std::string_view key, size_t size) {
  std::string text;
  for (size_t i = 0; text.size() < size; ++i) text += fmt::format("{}:{};", key, i);
  text.resize(size);
  return text;
}

}  // namespace cache_test
