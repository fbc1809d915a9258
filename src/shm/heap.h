// A bounded heap in shared memory: extents of any size, found in O(1) (two-level segregated free lists),
// joined with their free neighbours when released. An object is a chain of extents, so that a heap in small
// pieces still serves large objects.
//
// Everything is an offset. Each extent bears its owner's number (0: free), and physical neighbours are always
// walkable, at whatever instruction a process dies: lists, counts and back links are only derived from that
// and are rebuilt by recover(). An extent that is marked used but hangs on no owner's chain (its process died
// in between) is found by a Sweep. Linking into the owner's chain happens under the heap's lock, so a Sweep
// never sees it half done. Lock order: what guards the owner first, then the heap.
//
// Lending: the kernel may be given whole pages of an extent that it reads later (sendfile(2) returns before
// they have left, and a reader on this machine reads these very pages). Such pages must never be written
// again: when a lent extent is released, its whole pages are taken out of the memory's file first, so that
// what is written there next lies on other pages, whoever still holds the old ones.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "shm/robust_lock.h"

namespace shm {

/// An extent's place, in granules of 16 bytes from the start of the heap; 0: none.
using Offset = uint32_t;
/// Who an extent belongs to: 1 to Heap::kMaxOwner; 0: nobody, it is free.
using Owner = uint32_t;

class Heap {
 public:
  static constexpr size_t kGranule = 16;
  static constexpr size_t kExtentHeader = 16;
  static constexpr Owner kMaxOwner = 0x3fffffff;
  static constexpr size_t kPage = 4096;
  /// Most bytes of memory one heap can use.
  static constexpr size_t kMaxBytes = size_t{0xffffffff} * kGranule;

  /// Writes an empty heap into zeroed memory (64-byte aligned; at least 8 KiB, at most kMaxBytes).
  static void format(std::byte* memory, size_t size);
  /// Opens what format() wrote into the same memory; ends the process if it is larger than `size`.
  Heap(std::byte* memory, size_t size);

  /// An extent that holds `want` bytes, or the largest there is if that holds at least `least`; stored in
  /// `link` (the owner's first offset, or the chain's last next()) before the lock is given back. 0: no
  /// memory. `to_page_end`: it may be larger, so that it ends with a page.
  Offset allocate(size_t least, size_t want, Owner owner, std::atomic<Offset>& link,
                  bool to_page_end = false);
  /// Gives back the whole chain that hangs on `link`, which is set to 0 first. What guards the owner is held.
  void release(std::atomic<Offset>& link);
  /// Gives back what lies behind the first `bytes` of the extent's payload, if it is worth it.
  void shrink(Offset extent, size_t bytes);

  std::byte* payload(Offset extent) const { return base_ + size_t{extent} * kGranule + kExtentHeader; }
  size_t payload_size(Offset extent) const {
    return size_t{at(extent).size.load(std::memory_order_relaxed)} * kGranule - kExtentHeader;
  }
  /// From now on whole pages of the extent's payload may be given to the kernel. Nobody writes them any more,
  /// and somebody keeps the extent from being released meanwhile.
  void lend(Offset extent);
  bool is_lent(Offset extent) const {
    return (at(extent).owner.load(std::memory_order_relaxed) & kLent) != 0;
  }

  /// The link to the next extent of the chain.
  std::atomic<Offset>& next(Offset extent) const { return at(extent).next; }

  size_t capacity() const;
  /// Bytes in extents with an owner, their headers included.
  size_t used() const { return size_t{header().used.load(std::memory_order_relaxed)} * kGranule; }
  /// What is wrong with the structure; empty when all is well. Walks everything under the lock.
  std::string check() const;

  /// Finds extents that hang on no chain: mark() all that do, then free_unmarked(). Holds the heap's lock.
  class Sweep {
   public:
    explicit Sweep(Heap& heap);
    /// False when `extent` cannot be one of `owner`: out of bounds, another's, free, or marked already.
    bool mark(Offset extent, Owner owner);
    /// Frees what belongs to owners `first` to `last` and was not marked. Returns how many extents.
    size_t free_unmarked(Owner first, Owner last);

   private:
    Heap& heap_;
    Locked locked_;
  };

 private:
  static constexpr Owner kMark = 0x80000000;
  static constexpr Owner kLent = 0x40000000;
  static constexpr uint32_t kSteps = 16;  // free lists a power of two
  static constexpr uint32_t kPowers = 33;
  static constexpr uint32_t kLeastSplit = 4;  // granules: a smaller rest stays with its neighbour

  struct Extent {
    std::atomic<uint32_t> size;  // granules, this header included
    uint32_t previous;           // size of the physical neighbour before; 0: none
    std::atomic<Owner> owner;
    std::atomic<Offset> next;  // of the owner's chain
    // Only while free:
    Offset free_next;
    Offset free_previous;
  };
  static constexpr uint32_t kLeastExtent = 2;  // granules: header and the two links
  struct Header {
    RobustLock lock;
    std::atomic<uint32_t> used;  // granules
    uint32_t end;                // offset of the closing sentinel
    uint64_t powers;             // which powers have a free extent
    uint16_t steps[kPowers];     // and which of their lists
    Offset lists[kPowers][kSteps];
  };
  struct Place {
    uint32_t power, step;
  };

  Header& header() const { return *reinterpret_cast<Header*>(base_); }
  Extent& at(Offset extent) const { return *reinterpret_cast<Extent*>(base_ + size_t{extent} * kGranule); }
  static Offset first_extent() { return static_cast<Offset>((sizeof(Header) + kGranule - 1) / kGranule); }
  static Place place_of(uint32_t granules);
  uint32_t to_page_end(Offset extent, uint32_t granules) const;
  Offset find_free(uint32_t least, uint32_t want);
  void list_free(Offset extent);
  void unlist(Offset extent);
  void split(Offset extent, uint32_t granules);
  void free_chain(Offset extent);
  void free_one(Offset extent);
  void drop_pages(Offset extent);
  void recover();

  std::byte* base_;
};

}  // namespace shm
