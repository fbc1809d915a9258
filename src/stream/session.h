// One connection of layer 4: who came, to which server, through whom it was passed on, and how much went
// either way. Made when it is accepted, owned by the coroutine that serves it (run_session.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "exchange/subject.h"
#include "net/client_hello.h"
#include "net/fd.h"
#include "stream/server.h"

namespace stream {

/// What a Subject refers to: there before it.
struct SessionGround {
  base::Arena ground_arena;
  http::Connection ground_connection;
  net::Address peer;
  net::Address local;
};

/// One try with one origin; times in milliseconds since it began, -1 for what did not happen.
struct OriginTry {
  std::string name;
  int64_t connected = -1;
  int64_t first_byte = -1;
  int64_t ended = -1;
  uint64_t sent = 0;
  uint64_t received = 0;
};

class Session final : private SessionGround, public exchange::Subject {
 public:
  Session(exchange::Worker& worker, const exchange::Variables& variables, const Listening& listening,
          net::Fd its_socket, const net::Address& peer, const net::Address& local, uint64_t id);

  const Server& server;
  const bool proxy_protocol;  ///< its header comes first
  net::Fd socket;             ///< of the client, until a transport takes it
  int status = 0;             ///< $status: 200, 400, 403, 500, 502 or 503, once it is known
  uint64_t received = 0;      ///< from the client
  uint64_t sent = 0;          ///< to the client
  std::vector<OriginTry> tries;
  std::optional<net::ClientHello> hello;  ///< by ssl_preread, where one came

  /// Milliseconds since it was accepted.
  int64_t age() const { return worker.loop().now() - began_; }
  void take(std::shared_ptr<const net::ProxyHeader> header) { ground_connection.proxy = std::move(header); }

 private:
  base::Log& error_log() override { return worker.log(); }
  void describe(std::string& line) const override;
  exchange::Value evaluate_own(const exchange::Variable&) override { return exchange::Value::none(); }
  void set_own(const exchange::Variable&, std::string_view) override {}

  base::MonoTime began_;
};

/// $status, $session_time, $bytes_sent, $upstream_addr and so on: into variables of Realm::stream, where
/// every subject is a Session.
void define_session_variables(exchange::Variables& variables);

}  // namespace stream
