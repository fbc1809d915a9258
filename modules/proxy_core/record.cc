#include "modules/proxy_core/record.h"

namespace proxy_core {

TryRecord::~TryRecord() {
  if (lease_ != nullptr) {
    lease_->observe(nullptr);
    lease_->stop_sending();  // the request's body goes with the exchange
  }
  if (body_ != nullptr) body_->record_ = nullptr;
}

void TryRecord::watch(upstream::Lease& lease, uint64_t head_bytes) {
  lease_ = &lease;
  head_bytes_ = head_bytes;
  lease.observe(this);
}

void TryRecord::on_lease_end(upstream::Lease& lease) {
  lease_ = nullptr;
  exchange::OriginTry& entry = exchange_.origin.tries[index_];
  entry.response_ms = exchange_.worker.loop().now() - entry.started;
  if (lease.connection() == nullptr && lease.stream() == nullptr) return;
  entry.bytes_sent = lease.bytes_sent();
  entry.bytes_received = lease.bytes_received();
  entry.response_length = entry.bytes_received > head_bytes_ ? entry.bytes_received - head_bytes_ : 0;
}

void TryRecord::watch(TrailerBody& body) { body_ = &body; }

void TryRecord::forget(TrailerBody&) { body_ = nullptr; }

// The body may go before the log is written.
void TryRecord::on_trailers(const http::Fields& trailers) {
  http::Fields* kept = exchange_.arena.make<http::Fields>(exchange_.arena);
  for (const http::Field& field : trailers) {
    kept->add({exchange_.arena.copy(field.name), exchange_.arena.copy(field.value), field.id});
  }
  exchange_.origin.trailers = kept;
}

TrailerBody::TrailerBody(http::BodyPtr from, bool passes, TryRecord& record)
    : from_(std::move(from)), passes_(passes), record_(&record) {
  record.watch(*this);
}

TrailerBody::~TrailerBody() {
  if (record_ != nullptr) record_->forget(*this);
}

http::Peek TrailerBody::peek(std::span<iovec> pieces) {
  http::Peek seen = from_->peek(pieces);
  if (record_ == nullptr || (seen.state != http::Readiness::end && !seen.last)) return seen;
  if (const http::Fields* trailers = from_->trailers()) {
    record_->on_trailers(*trailers);
    record_->forget(*this);
    record_ = nullptr;
  }
  return seen;
}

}  // namespace proxy_core
