#include "upstream/shared_pool.h"

#include "upstream/cluster.h"

namespace upstream {

SharedPool::SharedPool(event::Loop& loop, const KeepAliveConf& conf)
    : loop_(loop),
      conf_(conf),
      timer_(
          loop, [](void* self) { static_cast<SharedPool*>(self)->on_time(); }, this) {}

SharedPool::~SharedPool() {
  while (SharedConnection* connection = idle_by_age_.front()) discard(*connection);
  on_ready();
}

std::unique_ptr<Place> SharedPool::find(Peer& peer, const ConnectionKey& key, bool check) {
  for (SharedConnection* item = peer.shared.front(); item != nullptr;) {
    SharedConnection* next = peer.shared.next(*item);
    bool fits = item->key_ == key && item->has_room();
    if (fits && !may_serve(*item)) {
      retire(*item);
      fits = false;
    }
    if (fits && check && item->places_ == 0) {
      item->session_->look();
      fits = item->is_open();
    }
    if (fits) {
      leave_idle(*item);
      return std::make_unique<Place>(*item);
    }
    item = next;
  }
  return nullptr;
}

bool SharedPool::may_serve(const SharedConnection& connection) const {
  if (connection.requests_ >= conf_.requests) return false;
  return loop_.now() - connection.opened_ < conf_.time.count();
}

std::unique_ptr<Place> SharedPool::open(std::shared_ptr<Cluster> cluster, PeerPtr peer,
                                        const ConnectionKey& key, DialOptions options) {
  auto* connection = new SharedConnection(loop_, *this, std::move(peer), key, std::move(options));
  connection->peer().shared.push_back(*connection);
  auto place = std::make_unique<Place>(*connection);  // before it can fail
  event::spawn(connection->open(std::move(cluster)));
  return place;
}

void SharedPool::forget(Peer& peer) {
  while (SharedConnection* connection = peer.shared.front()) retire(*connection);
}

// Those under way on it go on; the last one out closes it.
void SharedPool::retire(SharedConnection& connection) {
  connection.base::ListNode<SharedByPeer>::unlink();
  if (connection.places_ == 0 && !connection.opening_) discard(connection);
}

void SharedPool::on_over(SharedConnection& connection) { retire(connection); }

void SharedPool::on_unused(SharedConnection& connection) {
  bool keeps = conf_.connections > 0 && connection.base::ListNode<SharedByPeer>::linked() &&
               connection.is_open() && may_serve(connection);
  if (!keeps) return discard(connection);
  if (idle_ >= conf_.connections) discard(*idle_by_age_.front());
  connection.idle_since_ = loop_.now();
  idle_by_age_.push_back(connection);
  ++idle_;
  if (!timer_.active()) timer_.start(conf_.timeout);
}

void SharedPool::leave_idle(SharedConnection& connection) {
  if (connection.idle_since_ == 0) return;
  connection.base::ListNode<SharedIdle>::unlink();
  connection.idle_since_ = 0;
  --idle_;
}

// Closed later in this turn: it may be in the middle of a call.
void SharedPool::discard(SharedConnection& connection) {
  leave_idle(connection);
  connection.base::ListNode<SharedByPeer>::unlink();
  closing_.push_back(connection);
  loop_.post(*this);
}

void SharedPool::on_ready() {
  while (SharedConnection* connection = closing_.pop_front()) {
    if (connection->session_) connection->session_->close();
    delete connection;
  }
}

void SharedPool::on_time() {
  while (SharedConnection* oldest = idle_by_age_.front()) {
    base::MonoTime end = oldest->idle_since_ + conf_.timeout.count();
    if (end > loop_.now()) return timer_.start_at(end);
    discard(*oldest);
  }
}

}  // namespace upstream
