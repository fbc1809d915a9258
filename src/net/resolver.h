// Names to addresses without blocking, by c-ares. One per process and per `resolver` line; answers are kept
// for their TTL, and all who ask for a name while it is being looked up get the one answer.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/cancel.h"
#include "event/loop.h"
#include "event/task.h"
#include "net/address.h"

namespace net {

struct ResolverOptions {
  std::vector<Address> servers;         ///< of `resolver`; none: /etc/hosts, then those of /etc/resolv.conf
  std::optional<base::Duration> valid;  ///< valid=: instead of the answer's TTL
  bool ipv4 = true;                     ///< ipv4=off
  bool ipv6 = true;                     ///< ipv6=off
};

class Resolver {
 public:
  using Found = base::Result<std::vector<Address>>;

  /// Answers are kept at least and at most this long, whatever their TTL; that there is none, and that nobody
  /// answered, for these times.
  static constexpr base::Duration kShortest{1000};
  static constexpr base::Duration kLongest{24 * 3600 * 1000};
  static constexpr base::Duration kAbsent{5000};
  static constexpr base::Duration kUnanswered{1000};
  /// Names kept, and names being looked up at once: a client may have chosen them.
  static constexpr size_t kMostNames = 4096;
  static constexpr size_t kMostPending = 512;

  /// Errors: a server's address or the system's resolver configuration that c-ares does not take.
  static base::Result<std::unique_ptr<Resolver>> open(event::Loop& loop, const ResolverOptions& options);
  /// Who still waits is told that it was canceled.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// The addresses of `name`, in the order of the answer (IPv4 and IPv6), with `port`; an address in digits
  /// (IPv6 also in brackets) is its own answer. Errors read as nginx's, "NAME could not be resolved (3: Host
  /// not found)", with code ENOENT (no such name, or no address of a wanted kind), ETIMEDOUT (also after
  /// `timeout`), ECANCELED (`scope`, which may be null, was canceled), EAGAIN (too many names at once) or EIO
  /// (the servers failed).
  event::Task<Found> resolve(std::string name, uint16_t port, base::Duration timeout,
                             event::CancelScope* scope);

  /// Names in the cache, among them those being looked up.
  size_t names() const;

 private:
  class State;
  explicit Resolver(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// For the start of the master: waits, at most `limit`, for an answer of the system's resolver (/etc/hosts
/// and DNS). Errors as Resolver::resolve.
Resolver::Found resolve_blocking(const std::string& name, uint16_t port, base::Duration limit);

}  // namespace net
