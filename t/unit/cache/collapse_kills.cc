// Processes that fetch and read for one another are killed: between any two stores to what they share, and at
// random instants. Nobody waits for ever, nobody is given a wrong body or a torn one as whole, nothing leaks.
#include <criterion/criterion.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "cache/growing_body.h"
#include "cache/join.h"
#include "shm/crash_point.h"
#include "shm/process_table.h"
#include "t/unit/cache/feed.h"
#include "t/unit/cache/zone_fixture.h"

using namespace cache_test;
using Kind = cache::Flights::Announced::Kind;

namespace {

constexpr base::Duration kAge{60'000};
constexpr base::Duration kTimeout{60'000};

cache::Fill::Object object_of(cache::Zone& zone, std::string_view key, std::optional<uint64_t> size) {
  cache::Fill::Object object;
  object.digest = zone.digest(key);
  object.key = key;
  object.head = "head";
  object.facts.status = 200;
  object.body_size = size;
  return object;
}

// One of each: fetched and stored, failed, not to be stored, taking too long, purged in both states, and a
// reader.
void live(cache::Zone& zone) {
  event::Loop loop;
  event::Gate gate{loop.ready()};
  cache::Fills fills{loop, gate, zone};
  base::Arena arena;
  auto fill = [&](std::string_view key, cache::FlightRef flight, Feed::Shared& origin) {
    http::BodyPtr source = std::make_unique<Feed>(origin);
    return cache::Fill::start(fills, zone, object_of(zone, key, std::nullopt), source, flight);
  };
  auto feed = [&](Feed::Shared& origin, std::string text, bool end) {
    origin.chunks.push_back(std::move(text));
    origin.ended = end;
    if (origin.reader != nullptr) loop.post(*origin.reader);
    loop.ready().drain();
  };
  {
    Feed::Shared stored, purged;
    http::BodyPtr first = fill("stored", fills.announce(zone.digest("stored"), kAge).flight, stored);
    http::BodyPtr reader = fills.read(fills.find_growing(zone.digest("stored"), "stored", arena));
    feed(stored, pattern("stored", 3000), false);
    read_all(*reader);
    feed(stored, pattern("stored", 6000).substr(3000), true);
    fills.end(fills.announce(zone.digest("failed"), kAge).flight, cache::FlightEnd::failed);
    fills.end_uncacheable(fills.announce(zone.digest("never"), kAge).flight);
    fills.announce(zone.digest("old"), kAge);
    fills.announce(zone.digest("old"), base::Duration{0});
    fills.announce(zone.digest("purged"), kAge);
    zone.purge(zone.digest("purged"));
    http::BodyPtr last = fill("purged", fills.announce(zone.digest("purged"), kAge).flight, purged);
    zone.purge(zone.digest("purged"));
    feed(purged, pattern("purged", 6000), true);
  }
  _exit(0);
}

}  // namespace

Test(collapse_kills, whoever_dies_between_two_stores_keeps_no_turn_and_leaves_no_torn_body, .timeout = 120) {
  for (int point = 1;; ++point) {
    ZoneFixture fixture(32 * 1024, 256 * 1024);
    cache::Zone zone = fixture.open(0);
    event::Loop loop;
    event::Gate gate{loop.ready()};
    cache::Fills fills{loop, gate, zone};
    pid_t child = fork();
    if (child == 0) {
      shm::crash_countdown = point;
      live(*new cache::Zone(shm::Mapping(fixture.bytes, fixture.shape.total), fixture.shape, 1));
    }
    int status;
    waitpid(child, &status, 0);
    {
      // Somebody found the object while it grew.
      base::Arena arena;
      cache::FoundGrowing growing = fills.find_growing(zone.digest("stored"), "stored", arena);
      http::BodyPtr reader = growing ? fills.read(std::move(growing)) : nullptr;
      std::string got = reader ? read_all(*reader) : "";
      auto waited = fills.announce(zone.digest("purged"), kAge);
      std::optional<cache::Join> join;
      if (waited.kind == Kind::taken) join.emplace(fills, waited.flight, kTimeout);
      fills.release_process(1);
      loop.ready().drain();
      if (join) cr_assert(join->answer().given(), "killed at %d: waits for the dead", point);
      fills.end(waited.flight, cache::FlightEnd::failed);
      if (reader) {
        iovec pieces[2];
        http::Readiness end = reader->peek(pieces).state;
        cr_assert(
            end == http::Readiness::failed || (end == http::Readiness::end && got == pattern("stored", 6000)),
            "killed at %d: %zu bytes end as whole", point, got.size());
        cr_assert(got == pattern("stored", 6000).substr(0, got.size()), "killed at %d: torn", point);
      }
    }
    cr_assert_eq(zone.flights().count(), 0, "killed at %d: %zu flights", point, zone.flights().count());
    std::string body = fetch(zone, "stored");
    cr_assert(body == "-" || body == pattern("stored", 6000), "killed at %d: torn", point);
    for (std::string_view key : {"stored", "failed", "never", "old", "purged", "another"}) {
      auto turn = fills.announce(zone.digest(key), kAge);
      cr_assert(turn.kind == Kind::mine || (turn.kind == Kind::uncacheable && key == "never"),
                "killed at %d: nobody can fetch %s", point, std::string(key).c_str());
      fills.end(turn.flight, cache::FlightEnd::failed);
    }
    std::string wrong = zone.check();
    cr_assert(wrong.empty(), "killed at %d: %s", point, wrong.c_str());
    cache::ZoneTotals totals = zone.totals();
    cr_assert_eq(totals.bytes, totals.memory_used, "killed at %d: %lu bytes in objects, %lu used", point,
                 totals.bytes, totals.memory_used);
    if (WIFEXITED(status)) {
      cr_assert_gt(point, 50);
      return;
    }
  }
}

namespace {

/// How far each process has come, for the test to see.
struct Score {
  std::atomic<uint64_t> whole, failed, joined;
  int more_whole;  // an eventfd that counts them, to be waited for
};

/// One process: fetches keys, joins others' fetches, reads with its own pauses.
class Client {
 public:
  Client(ZoneFixture& fixture, const shm::ProcessTable& table, uint16_t index, unsigned seed, Score& score)
      : zone_(shm::Mapping(fixture.bytes, fixture.shape.total), fixture.shape, index),
        fills_(loop_, gate_, zone_, &table),
        io_(loop_, on_wake, this),
        random_(seed),
        score_(score) {
    io_.open(table.event_fd(index));
    io_.watch(EV_READ);
  }

  [[noreturn]] void run() {
    for (;;) {
      while (requests_.size() < 24) begin();
      for (Origin* origin : origins_) origin->feed(random_, loop_);
      loop_.run_once(!busy());
      for (size_t i = 0; i < requests_.size();) {
        if (step(*requests_[i])) {
          requests_.erase(requests_.begin() + static_cast<ptrdiff_t>(i));
        } else {
          ++i;
        }
      }
      std::erase_if(origins_, [](Origin* origin) {
        bool over = !origin->feed_of.alive;
        if (over) delete origin;
        return over;
      });
    }
  }

 private:
  struct Origin {
    Feed::Shared feed_of;
    std::string rest;
    void feed(std::mt19937& random, event::Loop& loop) {
      if (!feed_of.alive || feed_of.ended || random() % 2 != 0) return;
      size_t take = std::min<size_t>(rest.size(), random() % 3000 + 1);
      if (take > 0) feed_of.chunks.push_back(rest.substr(0, take));
      rest.erase(0, take);
      feed_of.ended = rest.empty();
      if (feed_of.reader != nullptr) loop.post(*feed_of.reader);
    }
  };
  struct Request {
    std::string key, expected, got;
    std::unique_ptr<cache::Join> join;
    http::BodyPtr body;
    bool joined = false;
  };

  static void on_wake(void* owner, int) {
    Client& self = *static_cast<Client*>(owner);
    shm::ProcessTable::drain(self.io_.fd());
    self.fills_.look();
  }
  // Something will change without another process.
  bool busy() const { return !origins_.empty(); }

  void begin() {
    auto request = std::make_unique<Request>();
    request->key = fmt::format("k{}", random_() % 12);
    request->expected = pattern(request->key, 2000 + std::hash<std::string>()(request->key) % 12000);
    look(*request);
    requests_.push_back(std::move(request));
  }

  void look(Request& request) {
    base::Arena arena;
    base::Digest digest = zone_.digest(request.key);
    if (random_() % 8 == 0) zone_.purge(digest);
    std::string stored = fetch(zone_, request.key);
    if (stored != "-") {
      if (stored != request.expected) _exit(99);
      request.got = std::move(stored);
      return;
    }
    if (cache::FoundGrowing growing = fills_.find_growing(digest, request.key, arena); growing) {
      request.body = fills_.read(std::move(growing));
      request.joined = true;
      return;
    }
    auto turn = fills_.announce(digest, kAge);
    if (turn.kind == Kind::taken) {
      request.join = std::make_unique<cache::Join>(fills_, turn.flight, kTimeout);
    } else if (turn.kind == Kind::mine) {
      auto* origin = new Origin;
      origin->rest = request.expected;
      origins_.push_back(origin);
      http::BodyPtr source = std::make_unique<Feed>(origin->feed_of);
      std::optional<uint64_t> size;
      if (random_() % 2 == 0) size = request.expected.size();
      request.body =
          cache::Fill::start(fills_, zone_, object_of(zone_, request.key, size), source, turn.flight);
      if (!request.body) fills_.end(turn.flight, cache::FlightEnd::failed);
    }
  }

  // True when it is over.
  bool step(Request& request) {
    if (request.join) {
      if (!request.join->answer().given()) return false;
      cache::Joined how = request.join->answer().await_resume();
      request.join.reset();
      if (how == cache::Joined::timed_out) _exit(98);
      if (how == cache::Joined::look_again) look(request);
      return !request.join && !request.body;
    }
    if (!request.body) return true;
    if (random_() % 3 == 0) return false;
    iovec pieces[3];
    http::Peek peek = request.body->peek(pieces);
    if (peek.state == http::Readiness::wait) return false;
    if (peek.state == http::Readiness::ready) {
      size_t size = 0;
      for (int i = 0; i < peek.count; ++i) {
        request.got.append(static_cast<char*>(pieces[i].iov_base), pieces[i].iov_len);
        size += pieces[i].iov_len;
      }
      request.body->consume(size);
      if (request.expected.compare(0, request.got.size(), request.got) != 0) _exit(97);
      return false;
    }
    if (peek.state == http::Readiness::end) {
      if (request.got != request.expected) _exit(96);
      ++score_.whole;
      eventfd_write(score_.more_whole, 1);
      score_.joined += request.joined;
    } else {
      ++score_.failed;
    }
    return true;
  }

  cache::Zone zone_;
  event::Loop loop_;
  event::Gate gate_{loop_.ready()};
  cache::Fills fills_;
  event::Io io_;
  std::mt19937 random_;
  Score& score_;
  std::vector<Origin*> origins_;
  std::vector<std::unique_ptr<Request>> requests_;
};

}  // namespace

Test(collapse_kills, random_kills_under_load_show_no_wrong_body_and_nobody_waits_for_ever, .timeout = 120) {
  constexpr unsigned kClients = 3;
  ZoneFixture fixture(64 * 1024, 1024 * 1024);
  shm::Segments segments;
  shm::ProcessTable table = std::move(*shm::ProcessTable::make(segments, kClients + 1));
  auto* score = static_cast<Score*>(
      mmap(nullptr, sizeof(Score), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  score->more_whole = eventfd(0, EFD_CLOEXEC);
  shm::ProcessIndex keeper = table.claim(shm::ProcessKind::keeper, 0, 1);
  cache::Zone zone = fixture.open(keeper);
  event::Loop loop;
  event::Gate gate{loop.ready()};
  cache::Fills fills{loop, gate, zone, &table};

  pid_t children[kClients] = {};
  shm::ProcessIndex indexes[kClients] = {};
  auto start = [&](unsigned i, unsigned round) {
    indexes[i] = table.claim(shm::ProcessKind::worker, static_cast<uint16_t>(i), 1);
    children[i] = fork();
    if (children[i] == 0) (new Client(fixture, table, indexes[i], round * kClients + i, *score))->run();
    table.started(indexes[i], children[i]);
  };
  auto end = [&](unsigned i) {
    kill(children[i], SIGKILL);
    int status;
    waitpid(children[i], &status, 0);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "wrong, or a crash: %x", status);
    table.died(indexes[i]);
    fills.release_process(indexes[i]);
    table.release(indexes[i]);
  };
  std::mt19937 random(7);
  for (unsigned i = 0; i < kClients; ++i) start(i, 0);
  for (unsigned round = 1; round <= 100; ++round) {
    usleep(random() % 20000);
    unsigned i = random() % kClients;
    end(i);
    start(i, round);
  }
  // They still get on: nobody hangs on what the dead had promised.
  eventfd_t seen = 0;
  eventfd_write(score->more_whole, 1);  // so that the read that forgets what was before has something
  eventfd_read(score->more_whole, &seen);
  for (uint64_t whole = 0; whole < 100; whole += seen) {
    pollfd more{score->more_whole, POLLIN, 0};
    cr_assert_eq(poll(&more, 1, 20'000), 1, "after %lu nothing comes any more", whole);
    eventfd_read(score->more_whole, &seen);
  }
  for (unsigned i = 0; i < kClients; ++i) end(i);
  cr_assert_gt(score->joined.load(), 100);
  cr_assert_eq(zone.flights().count(), 0);
  std::string wrong = zone.check();
  cr_assert(wrong.empty(), "%s", wrong.c_str());
  cr_assert_eq(zone.totals().bytes, zone.totals().memory_used);
  cr_log_info("%lu whole, %lu of them joined, %lu failed, %lu recoveries\n", score->whole.load(),
              score->joined.load(), score->failed.load(), zone.totals().recoveries);
}
