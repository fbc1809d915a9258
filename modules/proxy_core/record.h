// What a try has moved and how long it took, written down when its connection is let go: for $upstream_*.
// Lives in the exchange's arena; a lease that outlives the exchange (a fill) finds nobody to tell.
#pragma once

#include "exchange/exchange.h"
#include "upstream/lease.h"

namespace proxy_core {

class TrailerBody;

class TryRecord final : public upstream::LeaseObserver {
 public:
  TryRecord(exchange::Exchange& exchange, size_t index) : exchange_(exchange), index_(index) {}
  ~TryRecord();
  TryRecord(const TryRecord&) = delete;
  TryRecord& operator=(const TryRecord&) = delete;

  /// `head_bytes`: how much of what was received was the head.
  void watch(upstream::Lease& lease, uint64_t head_bytes);
  void on_lease_end(upstream::Lease& lease) override;
  /// The body that will know the trailers.
  void watch(TrailerBody& body);
  void on_trailers(const http::Fields& trailers);
  void forget(TrailerBody& body);

 private:
  exchange::Exchange& exchange_;
  size_t index_;
  uint64_t head_bytes_ = 0;
  upstream::Lease* lease_ = nullptr;
  TrailerBody* body_ = nullptr;
};

/// A body of which the trailers are noted for $upstream_trailer_*, and passed on only where
/// proxy_pass_trailers says so.
class TrailerBody final : public http::Body {
 public:
  TrailerBody(http::BodyPtr from, bool passes, TryRecord& record);
  ~TrailerBody() override;

  http::Peek peek(std::span<iovec> pieces) override;
  void consume(size_t bytes) override { from_->consume(bytes); }
  std::optional<uint64_t> remaining() const override { return from_->remaining(); }
  const http::Fields* trailers() const override { return passes_ ? from_->trailers() : nullptr; }
  void set_reader(event::Ready* reader) override { from_->set_reader(reader); }

 private:
  friend class TryRecord;
  http::BodyPtr from_;
  bool passes_;
  TryRecord* record_;
};

}  // namespace proxy_core
