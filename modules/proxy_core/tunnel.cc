#include "modules/proxy_core/tunnel.h"

namespace proxy_core {

http::Peek TunnelSource::peek(std::span<iovec> pieces) {
  if (open_ && from_ == nullptr) {
    from_ = exchange_.stream.request_body();
    if (from_ != nullptr) from_->set_reader(reader_);
  }
  if (from_ == nullptr) return {};
  return from_->peek(pieces);
}

void TunnelSource::set_reader(event::Ready* reader) {
  reader_ = reader;
  if (from_ != nullptr) from_->set_reader(reader);
}

void TunnelSource::open() {
  if (open_) return;
  open_ = true;
  if (reader_ != nullptr) exchange_.worker.loop().post(*reader_);
}

http::Peek TunnelBody::peek(std::span<iovec> pieces) {
  source_.open();
  return from_->peek(pieces);
}

}  // namespace proxy_core
