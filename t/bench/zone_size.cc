// zone_size [OBJECTS]: one zone with ten million objects, all in shared memory. Prints what the index costs
// an object, what an object of 1 KiB with a head of 230 bytes costs all told, and what a lookup costs while
// the zone fills: it must not grow with it. Lookups are of random keys, so that most of what they touch is in
// no processor cache.
#include <fmt/format.h>
#include <sys/mman.h>

#include <chrono>
#include <cstdlib>
#include <random>
#include <string>

#include "cache/stored_head.h"
#include "cache/zone.h"

namespace {

struct OpenZone {
  OpenZone(size_t keys, size_t memory)
      : shape(cache::ZoneShape::of(keys, memory)), zone(shm::Mapping(format(shape), shape.total), shape, 0) {}
  static std::byte* format(const cache::ZoneShape& shape) {
    void* memory = mmap(nullptr, shape.total, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
      fmt::print(stderr, "no memory for {} bytes\n", shape.total);
      std::exit(1);
    }
    cache::Zone::format(static_cast<std::byte*>(memory), shape);
    return static_cast<std::byte*>(memory);
  }
  /// What is there beside the memory of the objects themselves.
  double index_bytes_an_object() const {
    return static_cast<double>(shape.total - shape.heap_size) / static_cast<double>(zone.capacity());
  }
  cache::ZoneShape shape;
  cache::Zone zone;
};

std::string key_of(size_t number) { return fmt::format("http://example.com/{:012}", number); }

bool store(cache::Zone& zone, const std::string& key, std::string_view head, std::string_view body) {
  cache::Writer::Object object;
  object.digest = zone.digest(key);
  object.key = key;
  object.head = head;
  object.facts.status = 200;
  object.body_size = body.size();
  cache::Writer writer = cache::Writer::begin(zone, object, 1);
  return writer && writer.append(body) && writer.finish();
}

template <class Act>
double nanoseconds_each(size_t count, Act act) {
  auto began = std::chrono::steady_clock::now();
  for (size_t i = 0; i < count; ++i) act(i);
  std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - began;
  return took.count() / static_cast<double>(count);
}

// The least keys_zone whose index can name so many.
size_t keys_for(size_t objects) {
  size_t size = objects * 60;
  for (;;) {
    cache::ZoneShape shape = cache::ZoneShape::of(size, 1 << 20);
    if (size_t{shape.entries} * shape.shards >= objects) return size;
    size += size / 100;
  }
}

void fill_up(size_t objects) {
  // Hashing spreads objects over shards unevenly: 2 % more room, or the fullest would begin to evict.
  OpenZone open(keys_for(objects + objects / 50), objects * 192 + (1 << 20));
  fmt::print("index: {:.1f} bytes an object beside its key\n", open.index_bytes_an_object());
  std::mt19937_64 random(1);
  size_t stored = 0;
  for (size_t aim : {objects / 100, objects / 10, objects}) {
    size_t from = stored;
    double storing = nanoseconds_each(aim - from, [&](size_t i) {
      stored += store(open.zone, key_of(from + i), "a head", "a body") ? 1 : 0;
    });
    size_t found = 0;
    base::Arena arena;
    constexpr size_t kLookups = 1'000'000;
    double looking = nanoseconds_each(kLookups, [&](size_t) {
      std::string key = key_of(random() % aim);
      arena.rewind();
      found += open.zone.find(open.zone.digest(key), key, 1, arena) ? 1 : 0;
    });
    fmt::print("{:>9} objects: {:4.0f} ns to store, {:4.0f} ns to look up; {} there, {:.2f} % found\n", aim,
               storing, looking, open.zone.totals().objects, 100. * static_cast<double>(found) / kLookups);
  }
}

// What an origin sends before 1 KiB of body, 230 bytes of it.
std::string usual_head() {
  base::Arena arena;
  http::Fields fields(arena);
  fields.add("Date", "Mon, 23 Nov 2026 10:00:00 GMT");
  fields.add("Content-Type", "text/html; charset=utf-8");
  fields.add("Content-Length", "1024");
  fields.add("Last-Modified", "Sun, 22 Nov 2026 18:30:00 GMT");
  fields.add("ETag", "\"6b04a979-400\"");
  fields.add("Cache-Control", "public, max-age=3600");
  fields.add("Vary", "Accept-Language");
  size_t wire = std::string_view("HTTP/1.1 200 OK\r\n\r\n").size();
  for (const http::Field& field : fields) wire += field.name.size() + field.value.size() + 4;
  fmt::print("a head of {} bytes on the wire ", wire);
  return cache::write_stored_head(fields, {});
}

void weigh() {
  constexpr size_t kObjects = 20'000;
  std::string head = usual_head(), body(1024, 'b');
  fmt::print("is stored in {}\n", head.size());
  OpenZone open(keys_for(kObjects + kObjects / 50), kObjects * 1400);
  for (size_t i = 0; i < 2 * kObjects; ++i) store(open.zone, key_of(i), head, body);
  cache::ZoneTotals totals = open.zone.totals();
  double each = static_cast<double>(totals.memory_size) / static_cast<double>(totals.objects) +
                open.index_bytes_an_object();
  fmt::print("an object of 1 KiB with it and a key of {} bytes: {:.0f} bytes all told, {:.3f} KiB\n",
             key_of(0).size(), each, each / 1024);
}

}  // namespace

int main(int argc, char** argv) {
  size_t objects = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10'000'000;
  fill_up(objects < 1000 ? 1000 : objects);
  weigh();
}
