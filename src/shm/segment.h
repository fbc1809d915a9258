// Named shared memory. The master makes each segment once (a memfd), keeps it over reload under its name, and
// hands it on at a binary upgrade; workers and keeper map it after fork.
//
// The master formats a fresh segment before anybody else can see it and unmaps it again: it never reads,
// follows an offset or waits for a lock in memory that workers write. Everything inside is addressed by
// offsets, since each process maps it where there is room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace shm {

/// A segment mapped into this process; unmapped when destroyed.
class Mapping {
 public:
  Mapping() = default;
  Mapping(std::byte* memory, size_t size, int file = -1) : memory_(memory), size_(size), file_(file) {}
  Mapping(Mapping&& other) noexcept;
  Mapping& operator=(Mapping&& other) noexcept;
  ~Mapping();

  std::byte* memory() const { return memory_; }
  size_t size() const { return size_; }
  /// What is mapped, from its start, as a file: the segment's descriptor; -1: none is known.
  int file() const { return file_; }
  explicit operator bool() const { return memory_ != nullptr; }

 private:
  std::byte* memory_ = nullptr;
  size_t size_ = 0;
  int file_ = -1;
};

/// One segment's identity and descriptor. Shared by the configurations that use it.
class Segment {
 public:
  Segment(std::string name, uint32_t layout, size_t size, int fd)
      : name_(std::move(name)), layout_(layout), size_(size), fd_(fd) {}
  ~Segment();
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;

  const std::string& name() const { return name_; }
  /// Version of the structure inside: a program with another one starts the segment empty.
  uint32_t layout() const { return layout_; }
  size_t size() const { return size_; }
  int fd() const { return fd_; }

  /// Maps all of it, shared, readable and writable.
  base::Result<Mapping> map() const;

 private:
  std::string name_;
  uint32_t layout_;
  size_t size_;
  int fd_;
};

using SegmentPtr = std::shared_ptr<Segment>;

/// The master's segments by name. A configuration holds those it uses; prune() drops the others.
class Segments {
 public:
  /// Writes the empty structure into fresh, zeroed memory.
  using Format = std::function<void(std::byte* memory, size_t size)>;

  /// The segment of that name when layout and size are the same, with what is in it; otherwise a fresh one,
  /// which takes its place. Processes that still use the old one keep it until they end.
  base::Result<SegmentPtr> open(std::string_view name, uint32_t layout, size_t size, const Format& format);

  /// Forgets every segment no configuration holds: after a reload, when the old (or the failed new) one is
  /// gone.
  void prune();
  size_t count() const { return by_name_.size(); }

  /// "fd:layout:size:name;…" for the environment of a new binary. Descriptors are made inheritable.
  std::string hand_over() const;
  /// Takes over what hand_over() said; a segment of which the size is not as announced is left out.
  void take_over(std::string_view text);

 private:
  std::map<std::string, SegmentPtr, std::less<>> by_name_;
};

}  // namespace shm
