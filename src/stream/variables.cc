// The variables of sessions. Each is a function; the table at the end names them.

#include "stream/session.h"

namespace stream {
namespace {

using exchange::Subject;
using exchange::Value;
using Argument = std::string_view;
using Constant = const void*;

Session& session_of(Subject& subject) { return static_cast<Session&>(subject); }

Value text(Subject& subject, std::string_view text) { return {subject.arena.copy(text)}; }
Value number(Subject& subject, uint64_t value) {
  fmt::format_int digits(value);
  return text(subject, {digits.data(), digits.size()});
}
std::string seconds(int64_t milliseconds) {
  if (milliseconds < 0) return "-";
  return fmt::format("{}.{:03}", milliseconds / 1000, milliseconds % 1000);
}

Value status(Subject& s, Argument, Constant) { return text(s, fmt::format("{:03}", session_of(s).status)); }
Value bytes_sent(Subject& s, Argument, Constant) { return number(s, session_of(s).sent); }
Value bytes_received(Subject& s, Argument, Constant) { return number(s, session_of(s).received); }
Value session_time(Subject& s, Argument, Constant) { return text(s, seconds(session_of(s).age())); }
Value protocol(Subject&, Argument, Constant) { return {"TCP"}; }

template <auto Member>
Value hello(Subject& s, Argument, Constant) {
  const std::optional<net::ClientHello>& hello = session_of(s).hello;
  return hello ? Value{(*hello).*Member} : Value{};
}

/// What `print` says of each try, as nginx lists them.
template <class Print>
Value of_tries(Subject& subject, Print print) {
  const std::vector<OriginTry>& tries = session_of(subject).tries;
  if (tries.empty()) return Value::none();
  std::string list;
  for (const OriginTry& one : tries) {
    if (!list.empty()) list += ", ";
    list += print(one);
  }
  return text(subject, list);
}

Value upstream_addr(Subject& s, Argument, Constant) {
  return of_tries(s, [](const OriginTry& one) { return one.name; });
}
template <auto Member>
Value upstream_time(Subject& s, Argument, Constant) {
  return of_tries(s, [](const OriginTry& one) { return seconds(one.*Member); });
}
template <auto Member>
Value upstream_bytes(Subject& s, Argument, Constant) {
  return of_tries(s, [](const OriginTry& one) { return std::to_string(one.*Member); });
}

struct Named {
  std::string_view name;
  exchange::GetShared get;
};

constexpr Named kVariables[] = {
    {"bytes_received", bytes_received},
    {"bytes_sent", bytes_sent},
    {"protocol", protocol},
    {"session_time", session_time},
    {"ssl_preread_alpn_protocols", hello<&net::ClientHello::alpn_protocols>},
    {"ssl_preread_protocol", hello<&net::ClientHello::protocol>},
    {"ssl_preread_server_name", hello<&net::ClientHello::server_name>},
    {"status", status},
    {"upstream_addr", upstream_addr},
    {"upstream_bytes_received", upstream_bytes<&OriginTry::received>},
    {"upstream_bytes_sent", upstream_bytes<&OriginTry::sent>},
    {"upstream_connect_time", upstream_time<&OriginTry::connected>},
    {"upstream_first_byte_time", upstream_time<&OriginTry::first_byte>},
    {"upstream_session_time", upstream_time<&OriginTry::ended>},
};

}  // namespace

void define_session_variables(exchange::Variables& variables) {
  for (const Named& named : kVariables) variables.define(std::string(named.name), named.get);
}

}  // namespace stream
