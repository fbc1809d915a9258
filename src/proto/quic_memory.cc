#include "proto/quic_memory.h"

#include <openssl/rand.h>
#include <sys/mman.h>

#include <new>

#include "base/check.h"

namespace proto {

namespace {
constexpr uint32_t kGenerations = 256;
}

struct QuicMemory::Shared {
  unsigned char token[32];
  unsigned char reset[32];
  unsigned char id[16];
  unsigned char mailbox[32];
  unsigned char tickets[64];
  std::atomic<uint64_t> workers[kGenerations];  // generation and count
  std::atomic<Reader> readers[kSockets];
};

size_t QuicMemory::bytes() { return sizeof(Shared); }

void QuicMemory::format(std::byte* memory, size_t) {
  Shared& fresh = *new (memory) Shared();
  for (std::span<unsigned char> secret :
       {std::span<unsigned char>(fresh.token), std::span<unsigned char>(fresh.reset),
        std::span<unsigned char>(fresh.id), std::span<unsigned char>(fresh.mailbox),
        std::span<unsigned char>(fresh.tickets)}) {
    PC_CHECK(RAND_priv_bytes(secret.data(), static_cast<int>(secret.size())) == 1);
  }
}

QuicMemory::QuicMemory(shm::Mapping mapping) : mapping_(std::move(mapping)) {
  PC_CHECK(mapping_.size() >= sizeof(Shared));
  madvise(mapping_.memory(), mapping_.size(), MADV_DONTDUMP);
}

QuicMemory::Secret QuicMemory::token() const { return shared().token; }
QuicMemory::Secret QuicMemory::reset() const { return shared().reset; }
QuicMemory::Secret QuicMemory::id() const { return shared().id; }
QuicMemory::Secret QuicMemory::mailbox() const { return shared().mailbox; }
QuicMemory::Secret QuicMemory::tickets() const { return shared().tickets; }

void QuicMemory::set_workers(uint32_t generation, unsigned workers) {
  shared().workers[generation % kGenerations].store(uint64_t{generation} << 32 | workers);
}

unsigned QuicMemory::workers(uint32_t generation) const {
  uint64_t known = shared().workers[generation % kGenerations].load();
  return known >> 32 == generation ? static_cast<unsigned>(known & UINT32_MAX) : 0;
}

QuicMemory::Reader QuicMemory::reader(unsigned socket) const {
  return shared().readers[socket % kSockets].load();
}

QuicMemory::Reader QuicMemory::take_socket(unsigned socket, Reader by) {
  return shared().readers[socket % kSockets].exchange(by);
}

bool QuicMemory::take_socket_from(unsigned socket, Reader from, Reader by) {
  return shared().readers[socket % kSockets].compare_exchange_strong(from, by);
}

}  // namespace proto
