// One process of a disk store with its loop, and the least of an index.
#pragma once

#include "cache/disk_store.h"
#include "t/unit/cache/disk_fixture.h"

namespace disk_test {

using cache::DiskCount;
using cache::DiskFound;
using cache::DiskObject;
using cache::DiskStorePtr;
using cache::DiskWriter;

struct Waiter final : event::Ready {
  int woken = 0;
  void on_ready() override { ++woken; }
};

/// One process of a store, with its loop.
struct Process : cache::DiskIndex {
  explicit Process(const TempFolder& folder, std::byte* shared = fresh_memory(), uint64_t max_size = 16 << 20,
                   uint64_t min_free = 0, uint16_t index = 0)
      : memory(shared), threads(std::make_unique<event::DiskThreads>(loop, 2)) {
    store = cache::DiskStore::make(loop, *threads, std::make_unique<FaultyFolder>(folder.path, faults),
                                   {max_size, min_free}, shm::Mapping(memory, cache::DiskRegions::bytes()),
                                   index);
    bool done = false;
    store->mount([&](const base::Result<void>& outcome) {
      error = outcome ? "" : outcome.error().message;
      done = true;
    });
    until([&] { return done; });
  }
  ~Process() {
    threads.reset();
    store->drop();
    store.reset();
  }
  template <class Condition>
  void until(Condition condition) {
    while (!condition()) loop.run_once(true);
  }
  static event::Task<void> finding(cache::DiskStore& store, uint64_t place, const base::Digest& digest,
                                   std::string_view key, DiskFound& out, bool& done) {
    out = co_await store.find(place, digest, key);
    done = true;
  }
  DiskFound find(std::string_view key, uint64_t place) {
    DiskFound found;
    bool done = false;
    base::Digest digest = base::digest128(key);
    event::spawn(finding(*store, place, digest, key, found, done));
    until([&] { return done; });
    return found;
  }
  DiskFound find(std::string_view key) { return find(key, places[Index::name(base::digest128(key))]); }

  static DiskObject object(std::string_view key) {
    DiskObject made;
    made.digest = base::digest128(key);
    made.uri = base::digest128(key, 1);
    made.key = key;
    made.facts = "facts";
    made.head = "a head";
    return made;
  }
  /// Its place; 0: refused.
  uint64_t put(std::string_view key, std::string body) {
    bool done = false;
    uint64_t place = 0;
    if (!store->put(object(key), std::move(body), [&](uint64_t at) { place = at, done = true; })) return 0;
    until([&] { return done; });
    if (place != 0) places[Index::name(base::digest128(key))] = place;
    return place;
  }
  /// Through a writer, in pieces of `step`.
  uint64_t write(std::string_view key, const std::string& body, size_t step) {
    DiskWriter writer = DiskWriter::begin(store, object(key));
    if (!writer) return 0;
    Waiter waiter;
    writer.set_waiter(&waiter);
    for (size_t at = 0; at < body.size(); at += step) {
      if (!writer.append(std::string_view(body).substr(at, step))) return 0;
      while (!writer.wants_more()) loop.run_once(true);
    }
    bool done = false;
    uint64_t place = 0;
    writer.finish([&](uint64_t at) { place = at, done = true; });
    cr_assert_not(done);
    until([&] { return done; });
    return place;
  }
  std::string read(http::Body& body) {
    std::string text;
    Waiter waiter;
    body.set_reader(&waiter);
    iovec pieces[2];
    for (;;) {
      http::Peek peek = body.peek(pieces);
      if (peek.state == http::Readiness::wait) {
        int before = waiter.woken;
        until([&] { return waiter.woken != before; });
        continue;
      }
      if (peek.state == http::Readiness::failed) return text + "!";
      if (peek.state == http::Readiness::end) return text;
      size_t size = std::min<size_t>(pieces[0].iov_len, 10000);
      text.append(static_cast<char*>(pieces[0].iov_base), size);
      body.consume(size);
    }
  }
  std::string whole(const DiskFound& found) {
    if (!found) return "-";
    http::BodyPtr body = found.body(0, found.body_size());
    return read(*body);
  }
  static event::Task<void> maintaining(cache::DiskStore& store, cache::DiskIndex& index, bool& done) {
    co_await store.maintain(index, 100000);
    done = true;
  }
  void maintain() {
    bool done = false;
    event::spawn(maintaining(*store, *this, done));
    until([&] { return done; });
  }
  static event::Task<void> loading(cache::DiskStore& store, cache::DiskIndex& index, bool& done, bool& well) {
    well = co_await store.load(index);
    done = true;
  }
  bool load() {
    bool done = false, well = false;
    event::spawn(loading(*store, *this, done, well));
    until([&] { return done; });
    return well;
  }
  bool purge(std::string_view key) {
    cache::PurgeOrder order;
    order.digest = base::digest128(key);
    int answer = -1;
    store->purge({order}, [&](bool yes) { answer = yes; });
    until([&] { return answer != -1; });
    return answer == 1;
  }
  void close() {
    bool done = false;
    store->close([&] { done = true; });
    until([&] { return done; });
  }
  uint64_t count(DiskCount what) { return store->totals().counts[static_cast<size_t>(what)]; }

  // What an index does.
  void on_loaded(std::span<const cache::LoadedObject> objects) override {
    if (before_loaded) before_loaded();
    for (const cache::LoadedObject& object : objects) {
      uint64_t& place = places[Index::name(object.digest)];
      if (store->is_newer(object, place)) place = object.location;
    }
  }
  void on_purge(const cache::PurgeOrder& order) override { places.erase(Index::name(order.digest)); }
  bool is_worth_keeping(const base::Digest& digest, uint64_t location) override {
    return hot.count(Index::name(digest)) != 0 && places[Index::name(digest)] == location;
  }
  void on_moved(const base::Digest& digest, uint64_t from, uint64_t to) override {
    uint64_t& place = places[Index::name(digest)];
    if (place == from) place = to;
  }

  std::byte* memory;
  Faults faults;
  event::Loop loop;
  std::unique_ptr<event::DiskThreads> threads;
  DiskStorePtr store;
  std::string error;
  std::map<std::string, uint64_t> places;
  std::map<std::string, bool> hot;
  std::function<void()> before_loaded;
};

}  // namespace disk_test
