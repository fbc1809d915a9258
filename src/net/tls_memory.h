// What the TLS connections of all workers share, so that a client resumes whichever of them answers: the keys
// of session tickets, and sessions by id (TLS 1.2). In segments that the master makes and keeps over reload
// and upgrade; it never looks into them. A process that dies in the middle costs resumptions, nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/tls_context.h"
#include "shm/robust_lock.h"
#include "shm/segment.h"

namespace net {

/// Ticket keys, made anew by whoever first finds them too old: the newest encrypts, older ones still decrypt.
class TlsTicketKeys {
 public:
  static constexpr uint32_t kLayout = 1;
  /// A key encrypts for at least so long.
  static constexpr int64_t kPeriod = 3600 * 1000;

  static size_t bytes();
  static void format(std::byte* memory, size_t size);
  /// The mapping is kept out of core files.
  explicit TlsTicketKeys(shm::Mapping mapping);

  /// The key to encrypt with at `now` (milliseconds since 1970), for tickets that live `lifetime`.
  TicketKey current(int64_t now, base::Duration lifetime);
  /// The key of that name; none: it is too old, or another's. `newest` says whether it still encrypts.
  std::optional<TicketKey> find(const unsigned char* name, bool& newest);

 private:
  static constexpr uint32_t kKeys = 3;
  struct Shared;
  Shared& shared() { return *reinterpret_cast<Shared*>(mapping_.memory()); }
  shm::Mapping mapping_;
};

/// Sessions by id: buckets of 4 KiB, each with its own lock; a full bucket forgets its oldest. A mebibyte
/// holds about 4000 sessions.
class TlsSessionCache {
 public:
  static constexpr uint32_t kLayout = 1;
  static constexpr size_t kBucket = 4096;
  static constexpr size_t kMaxId = 32;

  static void format(std::byte* memory, size_t size);
  explicit TlsSessionCache(shm::Mapping mapping);

  /// False when the session is too large for a bucket. `now` and `expires`: seconds since 1970.
  bool put(std::string_view id, std::string_view session, int64_t now, int64_t expires);
  std::optional<std::string> find(std::string_view id, int64_t now);
  void remove(std::string_view id);

 private:
  struct Bucket;
  Bucket& bucket_of(std::string_view id);
  shm::Mapping mapping_;
  size_t buckets_;
};

}  // namespace net
