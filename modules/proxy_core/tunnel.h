// After 101 (RFC 9110 §7.8) both bodies are raw bytes. The client's can only be had once the 101 has gone
// out, which is when the origin's is first pulled.
#pragma once

#include <memory>

#include "exchange/exchange.h"
#include "http/body.h"

namespace proxy_core {

/// What the client sends through the tunnel: passed as the body of a request with Upgrade. Lives in the
/// exchange's arena.
class TunnelSource final : public http::Body {
 public:
  explicit TunnelSource(exchange::Exchange& exchange) : exchange_(exchange) {}

  http::Peek peek(std::span<iovec> pieces) override;
  void consume(size_t bytes) override { from_->consume(bytes); }
  void set_reader(event::Ready* reader) override;
  /// The 101 is on its way: the client's bytes can be read.
  void open();

 private:
  exchange::Exchange& exchange_;
  http::Body* from_ = nullptr;
  bool open_ = false;
};

/// What the origin sends through the tunnel.
class TunnelBody final : public http::Body {
 public:
  TunnelBody(http::BodyPtr from, TunnelSource& source) : from_(std::move(from)), source_(source) {}

  http::Peek peek(std::span<iovec> pieces) override;
  void consume(size_t bytes) override { from_->consume(bytes); }
  void set_reader(event::Ready* reader) override { from_->set_reader(reader); }

 private:
  http::BodyPtr from_;
  TunnelSource& source_;
};

}  // namespace proxy_core
