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

void Lease::use(std::unique_ptr<Connection> connection, bool from_pool) {
  connection_ = std::move(connection);
  from_pool_ = from_pool;
}

void Lease::close() { cluster_->pool().discard(std::move(connection_)); }

void Lease::failed(base::Log& log) {
  if (verdict_ == Verdict::told) return;
  verdict_ = Verdict::told;
  cluster_->end_failed(*peer_, log);
}

}  // namespace upstream
