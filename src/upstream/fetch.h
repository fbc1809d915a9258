// One request's way to an origin: choose a peer, connect or take an idle connection, ask, and decide whether
// another is asked. The caller drives it try by try, so that it can act before and after each:
//
//   while (fetch.choose()) {
//     co_await fetch.ask(request, interim, answer);
//     if (fetch.judge(answer) == Fetch::Next::done) break;
//   }
//
// Owned by the exchange's coroutine. Nothing of the last try is left when the next begins.
#pragma once

#include <memory>

#include "upstream/dial.h"
#include "upstream/lease.h"
#include "upstream/retry.h"

namespace upstream {

/// TLS to whom is asked.
struct FetchTls {
  net::TlsCommon* common = nullptr;
  const net::TlsClientContext* context = nullptr;  ///< null: no TLS
  std::string_view name;      ///< whom every peer must be; empty: what its `server` line names
  std::string_view fallback;  ///< where that line has an address
};

struct FetchOptions {
  RetryRules retry;
  http::OriginLimits limits;
  net::ConnectOptions connect;
  FetchTls tls;
  const void* location = nullptr;    ///< for `keepalive … local`
  bool repeatable = true;            ///< the body can be sent again from its start
  bool idempotent = true;            ///< RFC 9110 §9.2.2
  bool counts_as_idempotent = true;  ///< nginx: not POST, LOCK, PATCH
};

class Fetch {
 public:
  Fetch(event::Loop& loop, base::Log& log, std::shared_ptr<Cluster> cluster, const FetchOptions& options,
        event::CancelScope* scope);
  Fetch(const Fetch&) = delete;
  Fetch& operator=(const Fetch&) = delete;

  /// Who is asked next; null when no peer is live, or all were tried.
  const Peer* choose();
  /// Asks the chosen peer, over HTTP/2 on a shared connection where the request's version says so. What came,
  /// or went wrong, is in `answer`. `interim` may be null.
  event::Task<void> ask(const http::OriginRequest& request, http::InterimHandler* interim,
                        http::OriginAnswer& answer);

  enum class Next : uint8_t { done, again };
  /// What the answer means for the peer, and whether the caller goes round again.
  Next judge(http::OriginAnswer& answer);
  /// After `done` with a response: its body, or null, into answer.body, with the lease inside. Without this
  /// call the connection is closed.
  void take_body(http::OriginAnswer& answer);
  /// Of the try under way, until take_body().
  Lease& lease() { return *lease_; }
  /// There is a response that was not given up for another try.
  bool has_lease() const { return lease_ != nullptr; }
  /// Peers asked so far.
  uint32_t tries() const { return tries_; }

  /// Of the last try: milliseconds until connected, 0 for an idle connection, -1 when it did not come to
  /// that.
  int64_t connect_ms() const { return connect_ms_; }
  uint64_t bytes_sent() const { return bytes_sent_; }
  uint64_t bytes_received() const { return bytes_received_; }
  bool used_pool() const { return used_pool_; }

 private:
  static constexpr int kPlaceRounds = 4;

  event::Task<void> connect(const http::OriginRequest& request, http::OriginAnswer& answer);
  event::Task<void> take_place(const http::OriginRequest& request, http::OriginAnswer& answer);
  event::Task<void> ask_shared(const http::OriginRequest& request, http::InterimHandler* interim,
                               http::OriginAnswer& answer);
  DialOptions dial_options(const http::OriginRequest& request) const;
  std::string_view tls_name() const;
  ConnectionKey key() const;
  Next judge_fault(const http::OriginAnswer& answer);
  TryEnd describe(Trouble trouble) const;

  event::Loop& loop_;
  base::Log& log_;
  std::shared_ptr<Cluster> cluster_;
  const FetchOptions& options_;
  event::CancelScope* scope_;
  Selection selection_;
  std::unique_ptr<Lease> lease_;
  PeerPtr same_;  // is asked again, on a fresh connection
  base::MonoTime began_;
  uint32_t tries_ = 0;
  uint32_t most_tries_ = 0;
  bool was_sent_ = false;
  bool body_begun_ = false;  // of a request that the origin did nothing with
  bool was_stale_ = false;
  bool used_pool_ = false;
  int64_t connect_ms_ = -1;
  uint64_t bytes_sent_ = 0;
  uint64_t bytes_received_ = 0;
};

}  // namespace upstream
