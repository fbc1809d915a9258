#include "stream/session.h"

namespace stream {

Session::Session(exchange::Worker& its_worker, const exchange::Variables& variables,
                 const Listening& listening, net::Fd its_socket, const net::Address& its_peer,
                 const net::Address& its_local, uint64_t id)
    : SessionGround{{}, {}, its_peer, its_local},
      Subject(its_worker, variables, ground_arena, ground_connection),
      server(*listening.server),
      proxy_protocol(listening.proxy_protocol),
      socket(std::move(its_socket)),
      began_(its_worker.loop().now()) {
  ground_connection.id = id;
  ground_connection.started = worker.clock().wall();
  ground_connection.peer = client = &peer;
  ground_connection.local = &local;
  ground_connection.fd = socket.get();
}

void Session::describe(std::string& line) const {
  fmt::format_to(std::back_inserter(line), ", server: {}", local.text());
  if (!tries.empty()) fmt::format_to(std::back_inserter(line), ", upstream: \"{}\"", tries.back().name);
  fmt::format_to(std::back_inserter(line), ", bytes from/to client:{}/{}", received, sent);
  if (tries.empty()) return;
  fmt::format_to(std::back_inserter(line), ", bytes from/to upstream:{}/{}", tries.back().received,
                 tries.back().sent);
}

}  // namespace stream
