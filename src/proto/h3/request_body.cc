#include "proto/h3/request_body.h"

#include <algorithm>

namespace h3 {

using http::Readiness;

http::Peek RequestBody::peek(std::span<iovec> pieces) {
  if (failed_) return {Readiness::failed, 0, false};
  uint64_t most = owner_.max_body_size();
  if (most != 0 && received_ > most) {
    fail(413);
    return {Readiness::failed, 0, false};
  }
  if (bytes_.empty()) {
    if (ended_) return {Readiness::end, 0, true};
    owner_.on_body_wanted();
    return {};
  }
  int count = bytes_.name(pieces);
  size_t named = 0;
  for (int i = 0; i < count; ++i) named += pieces[static_cast<size_t>(i)].iov_len;
  return {Readiness::ready, count, ended_ && named == bytes_.size()};
}

void RequestBody::consume(size_t bytes) {
  bytes_.drop(bytes);
  owner_.on_body_taken(bytes);
}

std::optional<uint64_t> RequestBody::remaining() const {
  if (ended_) return bytes_.size();
  if (length_) return *length_ - std::min(*length_, received_ - bytes_.size());
  return std::nullopt;
}

void RequestBody::receive(std::string_view bytes) {
  received_ += bytes.size();
  bytes_.append(bytes);
  wake();
}

void RequestBody::end() {
  if (ended_ || failed_) return;
  ended_ = true;
  wake();
}

void RequestBody::fail(int status) {
  if (ended_ || failed_) return;
  failed_ = true;
  owner_.on_body_failed(status);
  wake();
}

}  // namespace h3
