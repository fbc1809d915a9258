#include "net/tls_memory.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <new>

#include "base/check.h"

namespace net {

struct TlsTicketKeys::Shared {
  shm::RobustLock lock;
  uint32_t count;  // 0: none is made yet
  int64_t made;    // when keys[0] was
  TicketKey keys[kKeys];

  // Half a rotation cannot be told from a whole one: begin anew.
  void recover() {
    count = 0;
    OPENSSL_cleanse(keys, sizeof keys);
  }
};

size_t TlsTicketKeys::bytes() { return sizeof(Shared); }

void TlsTicketKeys::format(std::byte* memory, size_t) { new (memory) Shared(); }

TlsTicketKeys::TlsTicketKeys(shm::Mapping mapping) : mapping_(std::move(mapping)) {
  PC_CHECK(mapping_.size() >= sizeof(Shared));
  madvise(mapping_.memory(), mapping_.size(), MADV_DONTDUMP);
}

TicketKey TlsTicketKeys::current(int64_t now, base::Duration lifetime) {
  Shared& all = shared();
  shm::Locked locked(all.lock, [&] { all.recover(); });
  int64_t period = std::max<int64_t>(kPeriod, lifetime.count());
  // A clock that was set back makes a new key too.
  bool due = all.count == 0 || now - all.made >= period || now < all.made;
  if (due) {
    std::memmove(all.keys + 1, all.keys, sizeof(TicketKey) * (kKeys - 1));
    TicketKey& fresh = all.keys[0];
    bool random = RAND_bytes(fresh.name, sizeof fresh.name) == 1 &&
                  RAND_priv_bytes(fresh.cipher, sizeof fresh.cipher) == 1 &&
                  RAND_priv_bytes(fresh.mac, sizeof fresh.mac) == 1;
    PC_CHECK(random);
    fresh.size = 32;
    all.count = std::min(all.count + 1, kKeys);
    all.made = now;
  }
  return all.keys[0];
}

std::optional<TicketKey> TlsTicketKeys::find(const unsigned char* name, bool& newest) {
  Shared& all = shared();
  shm::Locked locked(all.lock, [&] { all.recover(); });
  for (uint32_t i = 0; i < std::min(all.count, kKeys); ++i) {
    if (std::memcmp(all.keys[i].name, name, TicketKey::kName) != 0) continue;
    newest = i == 0;
    return all.keys[i];
  }
  return std::nullopt;
}

namespace {

/// In front of each session in a bucket.
struct Entry {
  int64_t expires;
  uint16_t size;  // of the session
  uint8_t id_size;
  unsigned char id[TlsSessionCache::kMaxId];
};

}  // namespace

struct TlsSessionCache::Bucket {
  shm::RobustLock lock;
  uint32_t used;
  char bytes[kBucket - sizeof(shm::RobustLock) - sizeof(uint32_t)];

  void recover() { used = 0; }

  Entry entry(size_t at) const {
    Entry found;
    std::memcpy(&found, bytes + at, sizeof found);
    return found;
  }
  void drop(size_t at, size_t size) {
    std::memmove(bytes + at, bytes + at + size, used - at - size);
    used -= static_cast<uint32_t>(size);
  }
  /// Removes that id, and what has expired by `now`.
  void tidy(std::string_view id, int64_t now) {
    for (size_t at = 0; at < used;) {
      Entry here = entry(at);
      size_t size = sizeof(Entry) + here.size;
      bool same = id == std::string_view(reinterpret_cast<char*>(here.id), here.id_size);
      if (same || here.expires <= now)
        drop(at, size);
      else
        at += size;
    }
  }
};

void TlsSessionCache::format(std::byte* memory, size_t size) {
  static_assert(sizeof(Bucket) == kBucket);
  for (size_t at = 0; at + kBucket <= size; at += kBucket) new (memory + at) Bucket();
}

TlsSessionCache::TlsSessionCache(shm::Mapping mapping)
    : mapping_(std::move(mapping)), buckets_(mapping_.size() / kBucket) {
  PC_CHECK(buckets_ > 0);
  madvise(mapping_.memory(), mapping_.size(), MADV_DONTDUMP);
}

TlsSessionCache::Bucket& TlsSessionCache::bucket_of(std::string_view id) {
  size_t place = std::hash<std::string_view>()(id) % buckets_;
  return *reinterpret_cast<Bucket*>(mapping_.memory() + place * kBucket);
}

bool TlsSessionCache::put(std::string_view id, std::string_view session, int64_t now, int64_t expires) {
  Entry entry = {};
  size_t size = sizeof entry + session.size();
  if (id.empty() || id.size() > kMaxId || size > sizeof(Bucket::bytes)) return false;
  entry.expires = expires;
  entry.size = static_cast<uint16_t>(session.size());
  entry.id_size = static_cast<uint8_t>(id.size());
  std::memcpy(entry.id, id.data(), id.size());
  Bucket& bucket = bucket_of(id);
  shm::Locked locked(bucket.lock, [&] { bucket.recover(); });
  bucket.tidy(id, now);
  while (bucket.used + size > sizeof bucket.bytes) bucket.drop(0, sizeof(Entry) + bucket.entry(0).size);
  std::memcpy(bucket.bytes + bucket.used, &entry, sizeof entry);
  std::memcpy(bucket.bytes + bucket.used + sizeof entry, session.data(), session.size());
  bucket.used += static_cast<uint32_t>(size);
  return true;
}

std::optional<std::string> TlsSessionCache::find(std::string_view id, int64_t now) {
  Bucket& bucket = bucket_of(id);
  shm::Locked locked(bucket.lock, [&] { bucket.recover(); });
  for (size_t at = 0; at < bucket.used;) {
    Entry here = bucket.entry(at);
    bool same = id == std::string_view(reinterpret_cast<char*>(here.id), here.id_size);
    if (same && here.expires > now) return std::string(bucket.bytes + at + sizeof here, here.size);
    at += sizeof here + here.size;
  }
  return std::nullopt;
}

void TlsSessionCache::remove(std::string_view id) {
  Bucket& bucket = bucket_of(id);
  shm::Locked locked(bucket.lock, [&] { bucket.recover(); });
  bucket.tidy(id, INT64_MIN);
}

}  // namespace net
