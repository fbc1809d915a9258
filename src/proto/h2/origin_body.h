// The body of an origin's answer over HTTP/2. Owned by whoever has the answer; lets its stream go the moment
// the last byte has come, and never ends as if complete when it is not.
#pragma once

#include <memory>

#include "event/ready.h"
#include "http/client.h"
#include "proto/h2/received_body.h"

namespace h2 {

class ClientStream;

class OriginBody final : public http::Body, private BodyOwner, private event::Ready {
 public:
  OriginBody(ClientStream& stream, event::Loop& loop);
  ~OriginBody() override;

  http::Peek peek(std::span<iovec> pieces) override;
  void consume(size_t bytes) override { received_.consume(bytes); }
  std::optional<uint64_t> remaining() const override { return received_.remaining(); }
  const http::Fields* trailers() const override { return received_.trailers(); }
  void set_reader(event::Ready* reader) override { received_.set_reader(reader); }

 private:
  friend class ClientStream;
  static constexpr size_t kMaxTrailers = 8192;
  static constexpr uint32_t kMaxTrailerFields = 100;

  // The stream tells.
  void hold(std::unique_ptr<http::Hold> hold);
  /// Trailers, copied. False: more than there may be.
  bool add_trailer(std::string_view name, std::string_view value);
  void end();
  void fail();
  void on_stream_gone() { stream_ = nullptr; }

  void on_body_wanted() override;
  void on_body_taken(size_t bytes) override;
  void on_body_failed(int) override {}
  void on_ready() override;

  ClientStream* stream_;  // while it is leased
  event::Loop& loop_;
  std::unique_ptr<http::Hold> hold_;
  base::Arena arena_;  // for trailers
  ReceivedBody received_;
  size_t trailers_left_ = kMaxTrailers;
};

}  // namespace h2
