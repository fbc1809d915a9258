#include "stream/run_session.h"

#include <cstring>

#include "net/proxy_protocol.h"
#include "net/tcp.h"
#include "stream/origin.h"
#include "stream/preread.h"
#include "stream/relay.h"
#include "stream/text_answer.h"

namespace stream {
namespace {

using base::LogLevel;

constexpr int kServed = 200, kBadRequest = 400, kInternalError = 500;

/// Takes the header of the PROXY protocol. 0, or the status to end with.
event::Task<int> take_proxy_header(Session& session, Surroundings& around) {
  base::Result<std::shared_ptr<const net::ProxyHeader>> header =
      co_await net::read_proxy_header(session.worker.loop(), session.socket.get(),
                                      session.server.conf->proxy_protocol_timeout, &around.cancel);
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

uint64_t rate(const exchange::Template& text, Session& session) {
  base::Result<uint64_t> rate = base::parse_size(text.evaluate(session));
  return rate ? *rate : 0;
}

event::Task<int> proxy(Session& session, Surroundings& around) {
  base::MonoTime began = session.worker.loop().now();
  Origin origin(session, around);
  int status = co_await origin.connect();
  if (status != 0) co_return status;

  const ServerConf& conf = *session.server.conf;
  event::Loop& loop = session.worker.loop();
  net::TcpTransport client(loop, std::move(session.socket), *session.connection.peer);
  RelayOptions options{conf.timeout, conf.buffer_size, conf.half_close, rate(conf.upload_rate, session),
                       rate(conf.download_rate, session)};
  Relay relay(loop, around.buffers, client, origin.transport(), options);
  event::Answer<Relay::End>& ended = relay.ended();
  event::Canceling<Relay::End> canceling(around.cancel, ended, Relay::End::canceled);
  std::string first;
  if (conf.write_proxy_protocol)
    first = net::write_proxy_header(1, *session.client, *session.connection.local);
  relay.start(first);
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

/// `pass`: whoever listens there serves the connection from here on, and its session begins anew.
int hand_over(Session& session, Surroundings& around) {
  std::string_view text = session.server.conf->hand_over.evaluate(session);
  base::Result<net::Endpoint> to = net::parse_origin(text, 0);
  if (to && to->address.known() && around.hand_over(session.socket, to->address, *session.connection.peer))
    return kServed;
  session.log(LogLevel::error, "nobody listens on \"{}\" to pass the connection to", text);
  return kInternalError;
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
  const ServerConf& conf = *session.server.conf;
  if (conf.preread_hello) {
    int status = co_await preread_hello(session, around.cancel);
    if (status != 0) co_return status;
  }
  for (const SetVariable& set : conf.sets) {
    session.set_variable(set.variable, session.arena.copy(set.value.evaluate(session)));
  }
  if (!conf.hand_over.empty()) co_return hand_over(session, around);
  if (conf.answer) {
    session.status = kServed;
    std::string_view text = conf.answer->evaluate(session);
    co_await write_text(session, text, around.cancel);
    co_return kServed;
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
