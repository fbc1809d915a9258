// A body with trailer fields behind it, which are evaluated when the body has ended.
#pragma once

#include <vector>

#include "exchange/core_conf.h"
#include "exchange/exchange.h"

namespace headers {

/// Belongs to the exchange's stream, so it ends before the exchange does.
class TrailedBody final : public http::Body {
 public:
  TrailedBody(exchange::Exchange& exchange, http::BodyPtr body,
              std::vector<const exchange::AddedHeader*> added)
      : exchange_(exchange), body_(std::move(body)), added_(std::move(added)) {}

  http::Peek peek(std::span<iovec> pieces) override { return body_->peek(pieces); }
  void consume(size_t bytes) override { body_->consume(bytes); }
  std::optional<uint64_t> remaining() const override { return body_->remaining(); }
  const http::Fields* trailers() const override;
  void set_reader(event::Ready* reader) override { body_->set_reader(reader); }
  http::FilePart file_part() override { return body_->file_part(); }

 private:
  exchange::Exchange& exchange_;
  http::BodyPtr body_;
  std::vector<const exchange::AddedHeader*> added_;
  mutable http::Fields* fields_ = nullptr;  // made once, in the arena
};

}  // namespace headers
