#include "upstream/pool.h"

namespace upstream {

Connection::Connection(event::Loop& loop, std::unique_ptr<net::Transport> transport, const ConnectionKey& key)
    : session_(loop, std::move(transport)), tls_name_(key.tls_name), key_(key), opened_(loop.now()) {
  key_.tls_name = tls_name_;
}

// Called from inside the session: it is only set aside here.
void Connection::on_idle_end() { pool_->discard(pool_->remove(*this)); }

Pool::Pool(event::Loop& loop, const KeepAliveConf& conf)
    : loop_(loop),
      conf_(conf),
      timer_(
          loop, [](void* self) { static_cast<Pool*>(self)->on_time(); }, this) {}

Pool::~Pool() {
  while (Connection* connection = by_age_.pop_front()) delete connection;
  while (Connection* connection = closing_.pop_front()) delete connection;
}

std::unique_ptr<Connection> Pool::take(Peer& peer, const ConnectionKey& key, bool check) {
  for (Connection* item = peer.idle.front(); item != nullptr;) {
    Connection* next = peer.idle.next(*item);
    if (item->key_ == key) {
      std::unique_ptr<Connection> connection = remove(*item);
      if (!check || connection->session().is_quiet()) return connection;
      discard(std::move(connection));
    }
    item = next;
  }
  return nullptr;
}

std::unique_ptr<Connection> Pool::remove(Connection& connection) {
  connection.base::ListNode<IdleByAge>::unlink();
  connection.base::ListNode<IdleByPeer>::unlink();
  connection.session().set_idle(nullptr);
  connection.pool_ = nullptr;
  --idle_;
  return std::unique_ptr<Connection>(&connection);
}

bool Pool::may_keep(Connection& connection) const {
  if (conf_.connections == 0 || !connection.session().reusable()) return false;
  if (connection.session().requests() >= conf_.requests) return false;
  return loop_.now() - connection.opened() < conf_.time.count();
}

void Pool::put(Peer& peer, std::unique_ptr<Connection> connection) {
  if (!may_keep(*connection)) return discard(std::move(connection));
  if (idle_ >= conf_.connections) discard(remove(*by_age_.front()));
  Connection& kept = *connection.release();
  kept.idle_since_ = loop_.now();
  kept.pool_ = this;
  by_age_.push_back(kept);
  peer.idle.push_front(kept);
  ++idle_;
  if (!timer_.active()) timer_.start(conf_.timeout);
  kept.session().set_idle(&kept);
}

void Pool::discard(std::unique_ptr<Connection> connection) {
  if (!connection) return;
  closing_.push_back(*connection.release());
  loop_.post(*this);
}

void Pool::forget(Peer& peer) {
  while (Connection* connection = peer.idle.front()) discard(remove(*connection));
}

void Pool::on_ready() {
  while (Connection* connection = closing_.pop_front()) delete connection;
}

void Pool::on_time() {
  while (Connection* oldest = by_age_.front()) {
    base::MonoTime end = oldest->idle_since_ + conf_.timeout.count();
    if (end > loop_.now()) return timer_.start_at(end);
    discard(remove(*oldest));
  }
}

}  // namespace upstream
