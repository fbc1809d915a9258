#include "proto/h3/server.h"

#include <algorithm>

#include "proto/h3/connection.h"

namespace h3 {

namespace {

std::string key_of(Bytes id) { return {reinterpret_cast<const char*>(id.data()), id.size()}; }

// Longer than any id: the two kinds of keys never meet.
std::string chosen_key(Bytes id, const ngtcp2_path& path) {
  std::string key = key_of(id);
  key.append(1, static_cast<char>(id.size()));
  key.append(reinterpret_cast<const char*>(path.remote.addr), path.remote.addrlen);
  key.append(reinterpret_cast<const char*>(path.local.addr), path.local.addrlen);
  return key;
}

}  // namespace

/// What is left of a connection: its CONNECTION_CLOSE, said again to whoever has not heard it.
class Farewell final : public Receiver, public base::ListNode<Farewell> {
 public:
  static constexpr int kMostSaid = 16;

  Farewell(Server& server, const ngtcp2_path& path, std::string packet, base::Duration time)
      : server_(server), packet_(std::move(packet)), timer_(server.loop(), on_timer, this) {
    ngtcp2_path_storage_zero(&path_);
    ngtcp2_path_copy(&path_.path, &path);
    timer_.start(time);
  }
  // RFC 9000 §10.2.1: ever fewer answers.
  void receive(Endpoint& endpoint, const Datagram&) override {
    ++heard_;
    bool says = !packet_.empty() && (heard_ & (heard_ - 1)) == 0 && heard_ < (1u << kMostSaid);
    if (!says) return;
    Bytes bytes(reinterpret_cast<const uint8_t*>(packet_.data()), packet_.size());
    endpoint.send(path_.path, 0, bytes, bytes.size());
  }

 private:
  static void on_timer(void* self) {
    auto* farewell = static_cast<Farewell*>(self);
    farewell->server_.remove_all(*farewell);
    delete farewell;
  }

  Server& server_;
  ngtcp2_path_storage path_;
  std::string packet_;
  event::Timer timer_;
  unsigned heard_ = 0;
};

Server::Server(event::Loop& loop, base::Log& log, http::StreamHandler& handler, proto::QuicOwner& owner,
               proto::QuicMemory memory, const proto::QuicPlace& place)
    : loop_(loop),
      log_(log),
      handler_(handler),
      owner_(owner),
      memory_(std::move(memory)),
      ids_(memory_.id(), place.generation, std::max(place.sockets, 1u)),
      input_(new uint8_t[kInput]),
      output_(new uint8_t[kOutput]) {}

Server::~Server() {
  while (Farewell* farewell = farewells_.pop_front()) delete farewell;
}

void Server::add_socket(uint32_t listener, const net::Address& address, const proto::QuicOptions& options,
                        int fd, unsigned number) {
  endpoints_.push_back(std::make_unique<Endpoint>(loop_, *this, listener, address, options, fd, number));
}

void Server::start() {
  for (const auto& endpoint : endpoints_) endpoint->start();
}

void Server::stop() {
  for (const auto& endpoint : endpoints_) endpoint->stop();
}

void Server::add(const ngtcp2_cid& id, Receiver& receiver) {
  std::string key = key_of({id.data, id.datalen});
  if (receivers_.emplace(key, &receiver).second) receiver.ids_.push_back(std::move(key));
}

void Server::add_chosen(const ngtcp2_cid& id, const ngtcp2_path& path, Receiver& receiver) {
  std::string key = chosen_key({id.data, id.datalen}, path);
  if (receivers_.emplace(key, &receiver).second) receiver.ids_.push_back(std::move(key));
}

void Server::remove(const ngtcp2_cid& id) {
  auto found = receivers_.find(key_of({id.data, id.datalen}));
  if (found == receivers_.end()) return;
  std::erase(found->second->ids_, found->first);
  receivers_.erase(found);
}

void Server::remove_all(Receiver& receiver) {
  for (const std::string& key : receiver.ids_) receivers_.erase(key);
  receiver.ids_.clear();
}

void Server::stay(Receiver& from, const ngtcp2_path& path, std::string packet, base::Duration time) {
  auto* farewell = new Farewell(*this, path, std::move(packet), time);
  farewells_.push_back(*farewell);
  farewell->ids_ = std::move(from.ids_);
  from.ids_.clear();
  for (const std::string& key : farewell->ids_) receivers_[key] = farewell;
}

void Server::on_datagram(Endpoint& endpoint, const Datagram& datagram) {
  ngtcp2_version_cid ids;
  Bytes bytes = datagram.bytes;
  int code = ngtcp2_pkt_decode_version_cid(&ids, bytes.data(), bytes.size(), ConnectionIds::kSize);
  if (code == NGTCP2_ERR_VERSION_NEGOTIATION) return refuse_version(endpoint, datagram, ids);
  if (code != 0) return;
  auto found = receivers_.find(key_of({ids.dcid, ids.dcidlen}));
  if (found == receivers_.end() && (bytes[0] & 0x80) != 0) {
    found = receivers_.find(chosen_key({ids.dcid, ids.dcidlen}, datagram.path));
  }
  if (found != receivers_.end()) return found->second->receive(endpoint, datagram);
  if ((bytes[0] & 0x80) != 0) accept(endpoint, datagram);
}

void Server::accept(Endpoint& endpoint, const Datagram& datagram) {
  ngtcp2_pkt_hd head;
  if (ngtcp2_accept(&head, datagram.bytes.data(), datagram.bytes.size()) != 0) return;
  if (!owner_.has_room()) return;
  Connection* connection = Connection::accept(*this, endpoint, datagram, head);
  if (connection != nullptr) connection->receive(endpoint, datagram);
}

void Server::refuse_version(Endpoint& endpoint, const Datagram& datagram, const ngtcp2_version_cid& ids) {
  // RFC 9000 §5.2.2: only to what could begin a connection.
  if (datagram.bytes.size() < NGTCP2_MAX_UDP_PAYLOAD_SIZE) return;
  static constexpr uint32_t kVersions[] = {NGTCP2_PROTO_VER_V1, NGTCP2_PROTO_VER_V2};
  uint8_t chance;
  fill_random({&chance, 1});
  ngtcp2_ssize size = ngtcp2_pkt_write_version_negotiation(output(), kOutput, chance, ids.scid, ids.scidlen,
                                                           ids.dcid, ids.dcidlen, kVersions, 2);
  if (size <= 0) return;
  Bytes packet(output(), static_cast<size_t>(size));
  endpoint.send(datagram.path, 0, packet, packet.size());
}

}  // namespace h3
