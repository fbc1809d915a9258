// zone_hits: what a zone keeps of 1 KiB objects with memory for exactly 20,000 of them, beside an LRU list of
// 20,000, on three traces. After a million requests to warm up the second million is counted.
//   zipf   Zipf(1.0) over 100,000 objects
//   scan   every other request of that trace is for an object that is asked for only once
//   loop   25,000 objects in turn, again and again
#include <fmt/format.h>
#include <sys/mman.h>

#include <cstdlib>
#include <list>
#include <string>
#include <unordered_map>

#include "cache/zone.h"
#include "zipf.h"

namespace {

constexpr size_t kHeld = 20'000;
constexpr size_t kMillion = 1'000'000;

std::byte* fresh_zone(const cache::ZoneShape& shape) {
  void* memory = mmap(nullptr, shape.total, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) std::exit(1);
  cache::Zone::format(static_cast<std::byte*>(memory), shape, 1);
  return static_cast<std::byte*>(memory);
}

class ZoneCache {
 public:
  explicit ZoneCache(size_t memory)
      : shape_(cache::ZoneShape::of(size_t{4} << 20, memory)),
        zone_(shm::Mapping(fresh_zone(shape_), shape_.total), shape_, 0) {}

  bool ask(size_t number) {
    std::string key = fmt::format("http://example.com/{:012}", number);
    base::Digest digest = zone_.digest(key);
    arena_.rewind();
    if (zone_.find(digest, key, 1, arena_)) return true;
    cache::Writer::Object object;
    object.digest = digest;
    object.key = key;
    object.head = head_;
    object.facts.status = 200;
    object.body_size = body_.size();
    cache::Writer writer = cache::Writer::begin(zone_, object, 1);
    if (!writer || !writer.append(body_) || !writer.finish()) std::exit(1);
    return false;
  }
  cache::ZoneTotals totals() { return zone_.totals(); }

 private:
  cache::ZoneShape shape_;
  cache::Zone zone_;
  base::Arena arena_;
  std::string head_ = std::string(230, 'h');
  std::string body_ = std::string(1024, 'b');
};

class LruCache {
 public:
  bool ask(size_t number) {
    auto found = places_.find(number);
    if (found != places_.end()) {
      order_.splice(order_.begin(), order_, found->second);
      return true;
    }
    if (places_.size() == kHeld) {
      places_.erase(order_.back());
      order_.pop_back();
    }
    order_.push_front(number);
    places_[number] = order_.begin();
    return false;
  }

 private:
  std::list<size_t> order_;
  std::unordered_map<size_t, std::list<size_t>::iterator> places_;
};

// The zone's memory that holds so many objects and no more.
size_t memory_for(size_t objects) {
  constexpr size_t kSample = size_t{8} << 20;
  ZoneCache sample(kSample);
  sample.ask(1);
  cache::ZoneTotals totals = sample.totals();
  return kSample - totals.memory_size + objects * totals.bytes;
}

size_t request(std::string_view trace, size_t i, Zipf& zipf) {
  if (trace == "loop") return i % 25'000;
  return trace == "scan" && i % 2 == 0 ? kMillion + i : zipf.next();
}

void compare(std::string_view trace) {
  ZoneCache zone(memory_for(kHeld));
  LruCache lru;
  Zipf zipf(100'000, 1);
  size_t zone_hits = 0, lru_hits = 0;
  for (size_t i = 0; i < 2 * kMillion; ++i) {
    size_t number = request(trace, i, zipf);
    bool zone_hit = zone.ask(number);
    bool lru_hit = lru.ask(number);
    if (i >= kMillion) {
      zone_hits += zone_hit;
      lru_hits += lru_hit;
    }
  }
  fmt::print("{}: {:.4f} of the second million are hits, {:.4f} of an LRU list's; {} objects held", trace,
             static_cast<double>(zone_hits) / kMillion, static_cast<double>(lru_hits) / kMillion,
             zone.totals().objects);
  if (trace == "zipf") fmt::print("; the best {} give {:.4f}", kHeld, zipf.best(kHeld));
  fmt::print("\n");
}

}  // namespace

int main() {
  for (std::string_view trace : {"zipf", "scan", "loop"}) compare(trace);
}
