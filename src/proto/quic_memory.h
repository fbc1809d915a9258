// What the QUIC of all processes shares: secrets that the master makes once, kept over reload and binary
// upgrade, and who receives from which socket. Read and written without locks.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "shm/segment.h"

namespace proto {

class QuicMemory {
 public:
  static constexpr uint32_t kLayout = 1;
  static constexpr size_t kSockets = 1024;  ///< most sockets of an address
  static size_t bytes();
  static void format(std::byte* memory, size_t size);

  explicit QuicMemory(shm::Mapping mapping);

  using Secret = std::span<const unsigned char>;
  Secret token() const;    ///< 32 bytes: Retry and NEW_TOKEN
  Secret reset() const;    ///< 32 bytes: stateless reset
  Secret id() const;       ///< 16 bytes: what connection ids hide
  Secret mailbox() const;  ///< 32 bytes: datagrams handed on from process to process
  Secret tickets() const;  ///< 64 bytes: TLS sessions

  /// How many workers a generation has (the last 256 of them are known); 0: not known.
  void set_workers(uint32_t generation, unsigned workers);
  unsigned workers(uint32_t generation) const;

  /// Who receives from the sockets with this number: written by the reader, whoever was before is returned.
  /// A reader is named by generation and process, never 0; 0: nobody.
  using Reader = uint64_t;
  Reader reader(unsigned socket) const;
  Reader take_socket(unsigned socket, Reader by);
  /// False: somebody else was faster.
  bool take_socket_from(unsigned socket, Reader from, Reader by);

 private:
  struct Shared;
  Shared& shared() const { return *reinterpret_cast<Shared*>(mapping_.memory()); }
  shm::Mapping mapping_;
};

}  // namespace proto
