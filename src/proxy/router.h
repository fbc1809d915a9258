// From a request to its route: server by address and host, server rewrites, location, location rewrites.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exchange/exchange.h"
#include "exchange/server.h"
#include "net/address.h"
#include "proxy/location.h"
#include "proxy/rewrite.h"
#include "proxy/server_names.h"

namespace proxy {

/// A `server { }` with all that routing needs. Owned by the router.
struct VirtualServer : exchange::Server {
  std::vector<ServerName> server_names;
  Rewrites rewrites;
  LocationTree locations;
  std::shared_ptr<const proto::QuicKeys> quic_keys;  ///< null: it listens to no QUIC
  bool http3 = true;
};

/// The servers behind one listening socket. A wildcard socket (*:80) also serves the addresses of its port
/// that are named by themselves (127.0.0.1:80), since the kernel gives only one of the two a socket.
struct Listening {
  ServerNames names;
  std::vector<std::pair<net::Address, ServerNames>> specific;

  const ServerNames& names_for(const net::Address& local) const;
};

class Router {
 public:
  /// How many times a URI may change and look for its location again, redirects and rewrites each.
  static constexpr int kMaxRounds = 10;

  /// Finds the server and the location of a new request or after an internal redirect, and runs the rewrites.
  /// Verdict::next: exchange.route is final. Verdict::reply: rewrites or routing itself answered.
  exchange::Verdict route(exchange::Exchange& exchange) const;
  /// The location "@name" of the server the exchange is in; its rewrites run.
  exchange::Verdict route_named(exchange::Exchange& exchange, std::string_view name) const;

  /// The server that limits and logs a connection before a host is known.
  const VirtualServer& default_server(uint32_t listener) const {
    return listeners_[listener].names.default_server();
  }
  const ServerNames& names_for(uint32_t listener, const net::Address& local) const {
    return listeners_[listener].names_for(local);
  }
  const std::vector<std::unique_ptr<VirtualServer>>& servers() const { return servers_; }
  const std::vector<std::unique_ptr<exchange::Route>>& routes() const { return routes_; }

 private:
  friend class ConfigBuilder;
  exchange::Verdict enter(exchange::Exchange& exchange, const VirtualServer& server) const;
  exchange::Verdict enter_location(exchange::Exchange& exchange, const VirtualServer& server,
                                   const Location& location, bool& relocate) const;

  std::vector<Listening> listeners_;
  std::vector<std::unique_ptr<VirtualServer>> servers_;
  std::vector<std::unique_ptr<exchange::Route>> routes_;
};

}  // namespace proxy
