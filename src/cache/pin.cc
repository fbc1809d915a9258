#include "cache/zone.h"

namespace cache {

Pin::Pin(Pin&& other) noexcept
    : zone_(std::exchange(other.zone_, nullptr)), shard_(other.shard_), entry_(other.entry_) {}

Pin& Pin::operator=(Pin&& other) noexcept {
  std::swap(zone_, other.zone_);
  std::swap(shard_, other.shard_);
  std::swap(entry_, other.entry_);
  return *this;
}

void Pin::release() {
  if (zone_ == nullptr) return;
  Shard& shard = zone_->shards_[shard_];
  shm::Locked locked = shard.locked();
  shard.unpin(entry_, zone_->process_);
  zone_ = nullptr;
}

ObjectHead& Pin::head() const { return zone_->shards_[shard_].object(entry_); }

uint64_t Pin::body_size() const { return head().body_size.load(std::memory_order_acquire); }

Progress Pin::progress() const {
  switch (head().footprint.load(std::memory_order_acquire)) {
    case kGrowing: return Progress::growing;
    case kBroken: return Progress::broken;
    default: return Progress::whole;
  }
}

shm::Offset Pin::first() const {
  return zone_->shards_[shard_].entry(entry_).extent.load(std::memory_order_acquire);
}

size_t Pin::body_start() const { return head().body_at; }

shm::Heap& Pin::heap() const { return zone_->heap_; }

int Pin::file() const { return zone_->mapping_.file(); }

uint64_t Pin::offset_in_file(const std::byte* place) const {
  return static_cast<uint64_t>(place - zone_->mapping_.memory());
}

}  // namespace cache
