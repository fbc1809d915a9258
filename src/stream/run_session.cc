#include "stream/run_session.h"

#include <cstring>

#include "net/proxy_protocol.h"
#include "net/tcp.h"
#include "stream/origin.h"
#include "stream/relay.h"

namespace stream {
namespace {

using base::LogLevel;

constexpr int kServed = 200, kBadRequest = 400;
constexpr base::Duration kProxyHeaderTimeout{30000};

/// Takes the header of the PROXY protocol. 0, or the status to end with.
event::Task<int> take_proxy_header(Session& session, Surroundings& around) {
  base::Result<std::shared_ptr<const net::ProxyHeader>> header = co_await net::read_proxy_header(
      session.worker.loop(), session.socket.get(), kProxyHeaderTimeout, &around.cancel);
  if (header) {
    session.take(std::move(*header));
    co_return 0;
  }
  bool is_broken = header.error().code == EPROTO;
  session.log(is_broken ? LogLevel::error : LogLevel::info, "{}{} while reading the PROXY protocol header",
              is_broken ? "broken header: " : "", header.error().message);
  co_return kBadRequest;
}

void log_end(Session& session, const Relay& relay, Relay::End end) {
  switch (end) {
    case Relay::End::complete: session.log(LogLevel::info, "both directions have ended"); return;
    case Relay::End::timed_out:
      session.log(LogLevel::info, "nothing has moved for too long: the session is ended");
      return;
    case Relay::End::client_failed:
      session.log(LogLevel::info, "the client's connection failed ({}: {})", relay.error(),
                  std::strerror(relay.error()));
      return;
    case Relay::End::origin_failed:
      session.log(LogLevel::error, "the upstream's connection failed ({}: {})", relay.error(),
                  std::strerror(relay.error()));
      return;
    case Relay::End::canceled: return;
  }
}

void count(Session& session, const Relay& relay, base::MonoTime began) {
  session.received = relay.from_client();
  session.sent = relay.to_client();
  OriginTry& last = session.tries.back();
  last.sent = relay.to_origin();
  last.received = relay.from_origin();
  if (relay.first_byte() != 0) last.first_byte = relay.first_byte() - began;
  last.ended = session.worker.loop().now() - began;
}

event::Task<int> proxy(Session& session, Surroundings& around) {
  base::MonoTime began = session.worker.loop().now();
  Origin origin(session, around);
  int status = co_await origin.connect();
  if (status != 0) co_return status;

  const ServerConf& conf = *session.server.conf;
  event::Loop& loop = session.worker.loop();
  net::TcpTransport client(loop, std::move(session.socket), *session.connection.peer);
  RelayOptions options{conf.timeout, conf.buffer_size, conf.half_close};
  Relay relay(loop, around.buffers, client, origin.transport(), options);
  event::Answer<Relay::End>& ended = relay.ended();
  event::Canceling<Relay::End> canceling(around.cancel, ended, Relay::End::canceled);
  relay.start({});
  Relay::End end = co_await ended;
  count(session, relay, began);
  log_end(session, relay, end);
  // What one side broke off must not look whole to the other.
  bool is_broken = end == Relay::End::client_failed || end == Relay::End::origin_failed;
  client.close(is_broken);
  origin.transport().close(is_broken);
  origin.end_well();
  co_return kServed;
}

event::Task<int> serve(Session& session, Surroundings& around) {
  if (session.proxy_protocol) {
    int status = co_await take_proxy_header(session, around);
    if (status != 0) co_return status;
  }
  for (const auto& hook : session.server.on_session) {
    int status = hook.function(session, hook.conf);
    if (status != 0) co_return status;
  }
  int status = co_await proxy(session, around);
  co_return status;
}

}  // namespace

event::Task<void> run_session(Session& session, Surroundings& surroundings) {
  int status = co_await serve(session, surroundings);
  session.status = status;
  for (const auto& hook : session.server.on_log) hook.function(session, hook.conf);
}

}  // namespace stream
