#include "shm/heap.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

#include "base/check.h"
#include "shm/crash_point.h"

namespace shm {

namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr auto kRelease = std::memory_order_release;

uint32_t granules_for(size_t payload) {
  size_t granules = (payload + Heap::kExtentHeader + Heap::kGranule - 1) / Heap::kGranule;
  return granules > 0xffffffff ? 0xffffffff : static_cast<uint32_t>(granules);
}

}  // namespace

void Heap::format(std::byte* memory, size_t size) {
  PC_CHECK(size >= 8192 && size <= kMaxBytes);
  Header* header = new (memory) Header();
  Heap heap(memory, size);
  header->end = static_cast<Offset>(size / kGranule) - 1;
  uint32_t granules = header->end - first_extent();
  heap.at(first_extent()).size.store(granules, kRelaxed);
  heap.at(header->end).previous = granules;
  heap.at(header->end).owner.store(kMaxOwner, kRelaxed);
  heap.list_free(first_extent());
}

Heap::Heap(std::byte* memory, size_t size) : base_(memory) {
  PC_CHECK(size >= sizeof(Header) && header().end <= size / kGranule - 1);
}

size_t Heap::capacity() const { return size_t{header().end - first_extent()} * kGranule; }

// Powers below 4 have one list a size; above, 16 steps a power.
Heap::Place Heap::place_of(uint32_t granules) {
  if (granules < kSteps) return {0, granules};
  uint32_t power = static_cast<uint32_t>(std::bit_width(granules)) - 1;
  return {power - 3, granules >> (power - 4) & (kSteps - 1)};
}

void Heap::list_free(Offset extent) {
  Place place = place_of(at(extent).size.load(kRelaxed));
  Offset& head = header().lists[place.power][place.step];
  at(extent).free_next = head;
  at(extent).free_previous = 0;
  if (head != 0) at(head).free_previous = extent;
  head = extent;
  header().steps[place.power] = static_cast<uint16_t>(header().steps[place.power] | 1u << place.step);
  header().powers |= uint64_t{1} << place.power;
}

void Heap::unlist(Offset extent) {
  Extent& gone = at(extent);
  if (gone.free_next != 0) at(gone.free_next).free_previous = gone.free_previous;
  if (gone.free_previous != 0) {
    at(gone.free_previous).free_next = gone.free_next;
    return;
  }
  Place place = place_of(gone.size.load(kRelaxed));
  Offset& head = header().lists[place.power][place.step];
  head = gone.free_next;
  if (head != 0) return;
  uint16_t& steps = header().steps[place.power];
  steps = static_cast<uint16_t>(steps & ~(1u << place.step));
  if (steps == 0) header().powers &= ~(uint64_t{1} << place.power);
}

// The list of the wanted size first (a few tries: a churn of equal sizes finds its own), then any larger
// list, then the largest there is.
Offset Heap::find_free(uint32_t least, uint32_t want) {
  Place place = place_of(want);
  Offset candidate = header().lists[place.power][place.step];
  for (int tries = 0; candidate != 0 && tries < 8; ++tries, candidate = at(candidate).free_next) {
    if (at(candidate).size.load(kRelaxed) >= want) return candidate;
  }
  uint32_t above = header().steps[place.power] & ~((2u << place.step) - 1);
  if (above != 0) return header().lists[place.power][std::countr_zero(above)];
  uint64_t powers = header().powers & ~((uint64_t{2} << place.power) - 1);
  if (powers != 0) {
    int power = std::countr_zero(powers);
    return header().lists[power][std::countr_zero(header().steps[power])];
  }
  if (header().powers == 0) return 0;
  int power = 63 - std::countl_zero(header().powers);
  Offset largest = header().lists[power][std::bit_width(header().steps[power]) - 1];
  return at(largest).size.load(kRelaxed) >= least ? largest : 0;
}

// The rest becomes a free extent of its own: its header first, then one store makes it visible to a walk.
void Heap::split(Offset extent, uint32_t granules) {
  uint32_t size = at(extent).size.load(kRelaxed);
  Offset rest = extent + granules;
  at(rest).size.store(size - granules, kRelaxed);
  at(rest).previous = granules;
  at(rest).owner.store(0, kRelaxed);
  at(rest).next.store(0, kRelaxed);
  PC_CRASH_POINT("heap: rest written");
  at(extent).size.store(granules, kRelease);
  PC_CRASH_POINT("heap: split");
  at(extent + size).previous = size - granules;
}

// How many granules an extent of at least so many takes that ends with a page.
uint32_t Heap::to_page_end(Offset extent, uint32_t granules) const {
  auto end = reinterpret_cast<uintptr_t>(base_) + (size_t{extent} + granules) * kGranule;
  return granules + static_cast<uint32_t>(-end % kPage / kGranule);
}

Offset Heap::allocate(size_t least, size_t want, Owner owner, std::atomic<Offset>& link, bool to_page_end) {
  uint32_t wanted = granules_for(to_page_end ? want + kPage : want);
  Locked locked(header().lock, [this] { recover(); });
  Offset extent = find_free(granules_for(least), wanted);
  if (extent == 0) return 0;
  unlist(extent);
  PC_CRASH_POINT("heap: unlisted");
  uint32_t size = at(extent).size.load(kRelaxed);
  if (to_page_end) wanted = this->to_page_end(extent, granules_for(want));
  if (size >= wanted + kLeastSplit) {
    split(extent, wanted);
    list_free(extent + wanted);
    size = wanted;
  }
  at(extent).next.store(0, kRelaxed);
  header().used.store(header().used.load(kRelaxed) + size, kRelaxed);
  PC_CRASH_POINT("heap: before owner");
  at(extent).owner.store(owner, kRelease);
  PC_CRASH_POINT("heap: before link");
  link.store(extent, kRelease);
  PC_CRASH_POINT("heap: linked");
  return extent;
}

void Heap::release(std::atomic<Offset>& link) {
  Offset first;
  {
    Locked locked(header().lock, [this] { recover(); });
    first = link.load(kRelaxed);
    link.store(0, kRelease);
    PC_CRASH_POINT("heap: unlinked");
    bool any_lent = false;
    for (Offset extent = first; extent != 0 && !any_lent; extent = next(extent).load(kRelaxed)) {
      any_lent = is_lent(extent);
    }
    if (!any_lent) return free_chain(first);
  }
  // Dropping many pages takes a while: nobody who wants memory waits for it.
  for (Offset extent = first; extent != 0; extent = next(extent).load(kRelaxed)) {
    if (is_lent(extent)) drop_pages(extent);
  }
  PC_CRASH_POINT("heap: pages dropped");
  Locked locked(header().lock, [this] { recover(); });
  for (Offset extent = first; extent != 0; extent = next(extent).load(kRelaxed)) {
    at(extent).owner.store(at(extent).owner.load(kRelaxed) & ~kLent, kRelaxed);
  }
  free_chain(first);
}

void Heap::free_chain(Offset extent) {
  while (extent != 0) {
    Offset following = at(extent).next.load(kRelaxed);
    free_one(extent);
    extent = following;
    PC_CRASH_POINT("heap: one freed");
  }
}

void Heap::lend(Offset extent) {
  if (is_lent(extent)) return;
  Locked locked(header().lock, [this] { recover(); });
  at(extent).owner.store(at(extent).owner.load(kRelaxed) | kLent, kRelease);
}

// Takes the whole pages of the payload out of the file that this memory maps, for all processes.
void Heap::drop_pages(Offset extent) {
  auto begin = reinterpret_cast<uintptr_t>(payload(extent));
  uintptr_t end = (begin + payload_size(extent)) & ~(kPage - 1);
  begin = (begin + kPage - 1) & ~(kPage - 1);
  if (begin >= end) return;
  PC_CHECK(::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_REMOVE) == 0);
}

void Heap::free_one(Offset extent) {
  if (is_lent(extent)) drop_pages(extent);  // of a process that died before it did
  uint32_t size = at(extent).size.load(kRelaxed);
  header().used.store(header().used.load(kRelaxed) - size, kRelaxed);
  at(extent).owner.store(0, kRelease);
  PC_CRASH_POINT("heap: owner cleared");
  Offset after = extent + size;
  if (after != header().end && at(after).owner.load(kRelaxed) == 0) {
    unlist(after);
    size += at(after).size.load(kRelaxed);
    at(extent).size.store(size, kRelease);
    PC_CRASH_POINT("heap: joined after");
  }
  uint32_t previous = at(extent).previous;
  if (previous != 0 && at(extent - previous).owner.load(kRelaxed) == 0) {
    extent -= previous;
    unlist(extent);
    size += previous;
    at(extent).size.store(size, kRelease);
    PC_CRASH_POINT("heap: joined before");
  }
  at(extent + size).previous = size;
  list_free(extent);
}

void Heap::shrink(Offset extent, size_t bytes) {
  uint32_t wanted = std::max(granules_for(bytes), kLeastExtent);
  Locked locked(header().lock, [this] { recover(); });
  uint32_t size = at(extent).size.load(kRelaxed);
  if (size < wanted + kLeastSplit) return;
  split(extent, wanted);
  // free_one() counts the rest as released.
  PC_CRASH_POINT("heap: shrunk");
  free_one(extent + wanted);
}

// From the physical walk alone: join free neighbours, write back links, lists and the count anew.
void Heap::recover() {
  Header& all = header();
  all.powers = 0;
  std::memset(all.steps, 0, sizeof all.steps);
  std::memset(all.lists, 0, sizeof all.lists);
  uint32_t used = 0;
  uint32_t previous = 0;
  for (Offset extent = first_extent(); extent != all.end;) {
    uint32_t size = at(extent).size.load(kRelaxed);
    PC_CHECK(size >= kLeastExtent && size <= all.end - extent);
    if (at(extent).owner.load(kRelaxed) == 0) {
      while (extent + size != all.end && at(extent + size).owner.load(kRelaxed) == 0) {
        size += at(extent + size).size.load(kRelaxed);
      }
      at(extent).size.store(size, kRelease);
      list_free(extent);
    } else {
      used += size;
    }
    at(extent).previous = previous;
    previous = size;
    extent += size;
  }
  at(all.end).previous = previous;
  all.used.store(used, kRelaxed);
}

std::string Heap::check() const {
  Heap& self = const_cast<Heap&>(*this);
  Locked locked(header().lock, [&self] { self.recover(); });
  uint64_t used = 0, free_walked = 0, free_listed = 0;
  uint32_t previous = 0;
  bool previous_free = false;
  for (Offset extent = first_extent(); extent != header().end;) {
    uint32_t size = at(extent).size.load(kRelaxed);
    if (size < kLeastExtent || size > header().end - extent)
      return fmt::format("extent {} has size {}", extent, size);
    if (at(extent).previous != previous) return fmt::format("extent {} has a wrong back link", extent);
    bool is_free = at(extent).owner.load(kRelaxed) == 0;
    if (is_free && previous_free) return fmt::format("extent {} and the one before are both free", extent);
    (is_free ? free_walked : used) += size;
    previous = size;
    previous_free = is_free;
    extent += size;
  }
  if (at(header().end).previous != previous) return "the sentinel has a wrong back link";
  for (uint32_t power = 0; power < kPowers; ++power) {
    for (uint32_t step = 0; step < kSteps; ++step) {
      Offset before = 0;
      bool flagged = (header().steps[power] >> step & 1) != 0 && (header().powers >> power & 1) != 0;
      if (flagged != (header().lists[power][step] != 0))
        return fmt::format("list {}.{} is flagged wrong", power, step);
      for (Offset extent = header().lists[power][step]; extent != 0; extent = at(extent).free_next) {
        if (at(extent).owner.load(kRelaxed) != 0) return fmt::format("extent {} is listed but used", extent);
        if (at(extent).free_previous != before) return fmt::format("extent {} has a wrong list link", extent);
        before = extent;
        free_listed += at(extent).size.load(kRelaxed);
        if (free_listed > free_walked) return "the free lists hold more than there is";
      }
    }
  }
  if (free_listed != free_walked) return fmt::format("{} granules free, {} listed", free_walked, free_listed);
  if (used != header().used.load(kRelaxed))
    return fmt::format("{} granules used, {} counted", used, header().used.load());
  return {};
}

Heap::Sweep::Sweep(Heap& heap) : heap_(heap), locked_(heap.header().lock, [&heap] { heap.recover(); }) {
  for (Offset extent = first_extent(); extent != heap_.header().end;) {
    Extent& here = heap_.at(extent);
    here.owner.store(here.owner.load(kRelaxed) & ~kMark, kRelaxed);
    extent += here.size.load(kRelaxed);
  }
}

bool Heap::Sweep::mark(Offset extent, Owner owner) {
  if (extent < first_extent() || extent >= heap_.header().end) return false;
  Extent& here = heap_.at(extent);
  Owner bits = here.owner.load(kRelaxed);
  if ((bits & ~kLent) != owner) return false;
  uint32_t size = here.size.load(kRelaxed);
  if (size < kLeastExtent || size > heap_.header().end - extent) return false;
  here.owner.store(bits | kMark, kRelaxed);
  return true;
}

size_t Heap::Sweep::free_unmarked(Owner first, Owner last) {
  size_t freed = 0;
  // A freed extent joins with free neighbours, so the walk goes on from the used one after it.
  for (Offset extent = first_extent(); extent != heap_.header().end;) {
    Extent& here = heap_.at(extent);
    Owner bits = here.owner.load(kRelaxed);
    Owner owner = bits & ~(kMark | kLent);
    uint32_t size = here.size.load(kRelaxed);
    if ((bits & kMark) != 0) {
      here.owner.store(bits & ~kMark, kRelaxed);
    } else if (owner >= first && owner <= last) {
      heap_.free_one(extent);
      ++freed;
    }
    extent += size;
  }
  return freed;
}

}  // namespace shm
