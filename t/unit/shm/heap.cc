#include "shm/heap.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "shm/crash_point.h"

using shm::Heap;
using shm::Offset;
using Link = std::atomic<Offset>;

namespace {

constexpr size_t kSize = 256 * 1024;

struct Fixture {
  Fixture() { Heap::format(memory, kSize); }
  std::byte* memory = static_cast<std::byte*>(
      mmap(nullptr, kSize + 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  Link* links = reinterpret_cast<Link*>(memory + kSize);  // shared too: 1024 owners
  Heap heap{memory, kSize};
};

// What the zone does after a death: everything that hangs on a chain stays, the rest is freed.
size_t sweep(Fixture& f, size_t owners) {
  Heap::Sweep sweep(f.heap);
  for (size_t owner = 1; owner <= owners; ++owner) {
    for (Offset extent = f.links[owner].load(); extent != 0; extent = f.heap.next(extent).load()) {
      cr_assert(sweep.mark(extent, static_cast<shm::Owner>(owner)));
    }
  }
  return sweep.free_unmarked(1, static_cast<shm::Owner>(owners));
}

}  // namespace

Test(heap, gives_what_was_asked_and_takes_it_back) {
  Fixture f;
  Offset extent = f.heap.allocate(1000, 1000, 1, f.links[1]);
  cr_assert_neq(extent, 0);
  cr_assert_eq(f.links[1].load(), extent);
  cr_assert(f.heap.payload_size(extent) >= 1000 && f.heap.payload_size(extent) < 1080);
  f.heap.release(f.links[1]);
  cr_assert_eq(f.heap.used(), 0);
  cr_assert_eq(f.links[1].load(), 0);
  cr_assert(f.heap.check().empty());
}

Test(heap, a_chain_collects_scattered_memory) {
  Fixture f;
  size_t owners = 0;
  while (f.heap.allocate(2000, 2000, static_cast<shm::Owner>(owners + 1), f.links[owners + 1]) != 0) ++owners;
  for (size_t owner = 1; owner <= owners; owner += 2) f.heap.release(f.links[owner]);
  Offset first = f.heap.allocate(10000, 10000, 900, f.links[900]);
  cr_assert_eq(first, 0, "no piece is that large");
  size_t got = 0;
  Link* tail = &f.links[900];
  while (got < 10000) {
    Offset extent = f.heap.allocate(1000, 10000 - got, 900, *tail);
    cr_assert_neq(extent, 0);
    got += f.heap.payload_size(extent);
    tail = &f.heap.next(extent);
  }
  f.heap.release(f.links[900]);
  cr_assert(f.heap.check().empty());
}

Test(heap, is_never_overrun_and_never_leaks_under_random_use) {
  Fixture f;
  std::mt19937 random(7);
  for (int round = 0; round < 20000; ++round) {
    size_t owner = 1 + random() % 200;
    if (f.links[owner].load() != 0) {
      size_t size = f.heap.payload_size(f.links[owner].load());
      unsigned char* bytes = reinterpret_cast<unsigned char*>(f.heap.payload(f.links[owner].load()));
      cr_assert(bytes[0] == (owner & 255) && bytes[size - 1] == (owner & 255));
      if (random() % 3 == 0) {
        f.heap.shrink(f.links[owner].load(), size / 2);
        size = f.heap.payload_size(f.links[owner].load());
        std::memset(bytes, static_cast<int>(owner & 255), size);
      } else {
        f.heap.release(f.links[owner]);
      }
    } else {
      size_t want = 1 + random() % 6000;
      Offset extent =
          f.heap.allocate(std::min<size_t>(want, 500), want, static_cast<shm::Owner>(owner), f.links[owner]);
      if (extent == 0) continue;
      std::memset(f.heap.payload(extent), static_cast<int>(owner & 255), f.heap.payload_size(extent));
    }
    cr_assert_leq(f.heap.used(), f.heap.capacity());
    if (round % 500 == 0) cr_assert(f.heap.check().empty());
  }
  for (size_t owner = 1; owner <= 200; ++owner) f.heap.release(f.links[owner]);
  cr_assert_eq(f.heap.used(), 0);
  cr_assert(f.heap.check().empty());
}

// One process runs the same short life of a heap again and again; each time it is killed one crash point
// later.
Test(heap, survives_a_kill_between_any_two_stores, .timeout = 60) {
  for (int point = 1;; ++point) {
    Fixture f;
    pid_t child = fork();
    if (child == 0) {
      shm::crash_countdown = point;
      std::mt19937 random(3);
      for (int round = 0; round < 40; ++round) {
        size_t owner = 1 + random() % 8;
        if (f.links[owner].load() == 0) {
          f.heap.allocate(100, 100 + random() % 3000, static_cast<shm::Owner>(owner), f.links[owner]);
        } else if (random() % 2 == 0) {
          f.heap.shrink(f.links[owner].load(), 64);
        } else {
          f.heap.release(f.links[owner]);
        }
      }
      _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    sweep(f, 8);
    std::string wrong = f.heap.check();
    cr_assert(wrong.empty(), "killed at point %d: %s", point, wrong.c_str());
    size_t held = 0;
    for (size_t owner = 1; owner <= 8; ++owner) {
      if (f.links[owner].load() != 0)
        held += f.heap.payload_size(f.links[owner].load()) + Heap::kExtentHeader;
    }
    cr_assert_eq(held, f.heap.used(), "killed at point %d: %zu held, %zu used", point, held, f.heap.used());
    munmap(f.memory, kSize + 4096);
    if (WIFEXITED(status)) {
      cr_assert_gt(point, 50);
      return;
    }
  }
}

Test(heap, memory_smaller_than_what_was_formatted_is_not_opened, .signal = SIGABRT) {
  Fixture f;
  Heap smaller(f.memory, kSize / 2);
}

namespace {

// A heap over a file, and what a reader of its pages sees who was given them by reference.
struct LendingFixture {
  LendingFixture() {
    cr_assert_eq(ftruncate(file, static_cast<off_t>(kSize + 4096)), 0);
    memory =
        static_cast<std::byte*>(mmap(nullptr, kSize + 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));
    links = reinterpret_cast<Link*>(memory + kSize);
    Heap::format(memory, kSize);
    heap.emplace(memory, kSize);
    cr_assert_eq(pipe(ends), 0);
  }
  ~LendingFixture() {
    munmap(memory, kSize + 4096);
    for (int fd : {file, ends[0], ends[1]}) close(fd);
  }
  Offset filled(size_t owner, size_t size, char byte) {
    Offset extent =
        heap->allocate(size, size, static_cast<shm::Owner>(owner), links[owner], size >= Heap::kPage);
    if (extent != 0) std::memset(heap->payload(extent), byte, heap->payload_size(extent));
    return extent;
  }
  /// The last whole page goes into the pipe, as sendfile(2) puts it into a socket.
  void send_last_page(Offset extent) {
    heap->lend(extent);
    loff_t at = heap->payload(extent) - memory + static_cast<loff_t>(heap->payload_size(extent));
    cr_assert_eq(at % 4096, 0, "it ends with a page");
    at -= 4096;
    cr_assert_eq(splice(file, &at, ends[1], nullptr, 4096, 0), 4096);
  }
  bool arrives(char byte) {
    std::string text(4096, ' ');
    return read(ends[0], text.data(), text.size()) == 4096 && text == std::string(4096, byte);
  }

  int file = memfd_create("heap", MFD_CLOEXEC);
  int ends[2];
  std::byte* memory;
  Link* links;
  std::optional<Heap> heap;
};

}  // namespace

Test(heap, lent_pages_stay_as_they_were_when_their_memory_is_used_again) {
  LendingFixture f;
  Offset lent = f.filled(1, 40000, 'a');
  f.send_last_page(lent);
  f.heap->release(f.links[1]);
  cr_assert_eq(f.filled(2, 40000, 'b'), lent, "the same place");
  cr_assert(f.arrives('a'));
  cr_assert(!f.heap->is_lent(lent), "nobody has lent the new one");
  cr_assert(f.heap->check().empty());
}

Test(heap, lent_pages_stay_as_they_were_wherever_their_holder_is_killed, .timeout = 60) {
  for (int point = 1;; ++point) {
    LendingFixture f;
    f.filled(1, 30000, 'a');
    pid_t child = fork();
    if (child == 0) {
      f.send_last_page(f.links[1].load());
      shm::crash_countdown = point;
      f.heap->release(f.links[1]);
      f.filled(2, 3000, 'b');
      f.heap->release(f.links[2]);
      _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    {
      Heap::Sweep sweep(*f.heap);
      for (size_t owner = 1; owner <= 2; ++owner) {
        Offset extent = f.links[owner].load();
        if (extent != 0) cr_assert(sweep.mark(extent, static_cast<shm::Owner>(owner)));
      }
      sweep.free_unmarked(1, 2);
    }
    for (size_t owner = 1; owner <= 2; ++owner) f.heap->release(f.links[owner]);
    if (f.filled(3, 200000, 'c') == 0) cr_assert_fail("killed at %d: memory is lost", point);
    cr_assert(f.arrives('a'), "killed at %d: other bytes arrive", point);
    std::string wrong = f.heap->check();
    cr_assert(wrong.empty(), "killed at %d: %s", point, wrong.c_str());
    if (WIFEXITED(status)) {
      cr_assert_gt(point, 8);
      return;
    }
  }
}
