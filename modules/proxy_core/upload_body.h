// A request body that goes to the origin as the client sends it, with the trailers that may follow it. Lives
// for one try; owns nothing: the stream's body and the exchange outlive it.
#pragma once

#include "exchange/exchange.h"
#include "modules/proxy_core/conf.h"

namespace proxy_core {

class UploadBody final : public http::Body {
 public:
  UploadBody(http::Body& from, exchange::Exchange& exchange, const NameSet& kept_back)
      : from_(from), exchange_(exchange), kept_back_(kept_back) {}

  http::Peek peek(std::span<iovec> pieces) override { return from_.peek(pieces); }
  void consume(size_t bytes) override { from_.consume(bytes); }
  std::optional<uint64_t> remaining() const override { return from_.remaining(); }
  /// Without the names that proxy_set_header sets and those that Connection names: a trailer must not bring
  /// back what was kept from the head (RFC 9110 §6.5.1).
  const http::Fields* trailers() const override;
  void set_reader(event::Ready* reader) override { from_.set_reader(reader); }

 private:
  http::Body& from_;
  exchange::Exchange& exchange_;
  const NameSet& kept_back_;
};

}  // namespace proxy_core
