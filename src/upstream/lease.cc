#include "upstream/lease.h"

namespace upstream {

Lease::~Lease() {
  if (observer_ != nullptr) observer_->on_lease_end(*this);
  if (connection_) cluster_->pool().put(*peer_, std::move(connection_));
  if (verdict_ == Verdict::well) {
    cluster_->end_well(*peer_);
  } else if (verdict_ == Verdict::none) {
    cluster_->end(*peer_);
  }
}

void Lease::use(std::unique_ptr<Place> place) {
  place_ = std::move(place);
  stream_.emplace(place_->connection().session());
}

void Lease::close() {
  cluster_->pool().discard(std::move(connection_));
  stream_.reset();
  place_.reset();
}

void Lease::stop_sending() {
  if (stream_) stream_->stop_sending();
}

uint64_t Lease::bytes_sent() const {
  if (stream_) return stream_->bytes_sent();
  return connection_ ? connection_->session().bytes_sent() : 0;
}

uint64_t Lease::bytes_received() const {
  if (stream_) return stream_->bytes_received();
  return connection_ ? connection_->session().bytes_received() : 0;
}

void Lease::failed(base::Log& log) {
  if (verdict_ == Verdict::told) return;
  verdict_ = Verdict::told;
  cluster_->end_failed(*peer_, log);
}

}  // namespace upstream
