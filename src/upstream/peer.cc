#include "upstream/peer.h"

#include "net/tls_client.h"
#include "upstream/zone.h"

namespace upstream {

Peer::Peer(const net::Address& address, const PeerConf& conf, std::string_view host)
    : effective_weight(conf.weight), address_(address), name_(address.text()), host_(host), conf_(conf) {}

const std::shared_ptr<net::TlsClientSessions>& Peer::tls_sessions() {
  if (!tls_sessions_) tls_sessions_ = std::make_shared<net::TlsClientSessions>();
  return tls_sessions_;
}

void Peer::share(std::shared_ptr<ZoneRow> row) {
  row_ = std::move(row);
  health_ = &row_->health();
}

bool Peer::is_out(base::MonoTime now) const {
  if (conf_.max_fails == 0 || fails() < conf_.max_fails) return false;
  return now - health_->checked.load(std::memory_order_relaxed) <= conf_.fail_timeout.count();
}

bool Peer::is_full(base::MonoTime now) const {
  if (conf_.max_conns == 0 || in_use() < conf_.max_conns) return false;
  if (!row_) return true;
  row_->bury(now);
  return in_use() >= conf_.max_conns;
}

uint32_t Peer::in_use() const { return row_ ? row_->in_use() : in_use_; }

bool Peer::begin(base::MonoTime now) {
  ++in_use_;
  if (row_) row_->set_in_use(in_use_);
  if (conf_.max_conns != 0 && in_use() > conf_.max_conns) {
    end();
    return false;
  }
  if (now - health_->checked.load(std::memory_order_relaxed) > conf_.fail_timeout.count()) {
    health_->checked.store(now, std::memory_order_relaxed);
  }
  return true;
}

bool Peer::end_failed(base::MonoTime now) {
  end();
  uint32_t fails = health_->fails.fetch_add(1, std::memory_order_relaxed) + 1;
  health_->accessed.store(now, std::memory_order_relaxed);
  health_->checked.store(now, std::memory_order_relaxed);
  if (conf_.max_fails == 0) return false;
  effective_weight -= conf_.weight / conf_.max_fails;
  if (effective_weight < 0) effective_weight = 0;
  return fails == conf_.max_fails;
}

void Peer::end_well() {
  end();
  // Fails are forgiven by a success in a later period than theirs, not by one that began before them.
  if (health_->accessed.load(std::memory_order_relaxed) < health_->checked.load(std::memory_order_relaxed)) {
    health_->fails.store(0, std::memory_order_relaxed);
  }
}

void Peer::end_well_alone() {
  end();
  health_->fails.store(0, std::memory_order_relaxed);
}

void Peer::end() {
  --in_use_;
  if (row_) row_->set_in_use(in_use_);
}

}  // namespace upstream
