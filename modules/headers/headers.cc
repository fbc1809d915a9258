#include "modules/headers/headers.h"

#include <ctime>

#include "base/text.h"
#include "exchange/core_conf.h"
#include "http/dates.h"
#include "http/syntax.h"
#include "modules/headers/trailed_body.h"

namespace headers {
namespace {

using exchange::AddedHeader;
using exchange::CoreConf;
using exchange::Exchange;
using exchange::Expires;
using http::Name;

constexpr int kPriority = 3;
constexpr std::string_view kEpoch = "Thu, 01 Jan 1970 00:00:01 GMT";
constexpr std::string_view kFarAway = "Thu, 31 Dec 2037 23:55:55 GMT";

bool is_usual(int status) {
  switch (status) {
    case 200:
    case 201:
    case 204:
    case 206:
    case 301:
    case 302:
    case 303:
    case 304:
    case 307:
    case 308: return true;
    default: return false;
  }
}

void set_lifetime(Exchange& exchange, std::string_view expires, std::string_view cache_control) {
  http::Fields& fields = exchange.reply.head.fields;
  fields.set(Name::expires, expires);
  fields.set(Name::cache_control, cache_control);
}

/// The next time the local clock shows that second of the day.
int64_t next_time_of_day(int64_t now, int64_t second_of_day) {
  time_t clock = now;
  struct tm local = {};
  localtime_r(&clock, &local);
  local.tm_hour = static_cast<int>(second_of_day / 3600);
  local.tm_min = static_cast<int>(second_of_day / 60 % 60);
  local.tm_sec = static_cast<int>(second_of_day % 60);
  local.tm_isdst = -1;
  time_t next = mktime(&local);
  if (next > now) return next;
  ++local.tm_mday;
  local.tm_isdst = -1;
  return mktime(&local);
}

void set_expires(Exchange& exchange, const Expires& expires) {
  int64_t now = exchange.worker.clock().wall_seconds();
  int64_t when = now + expires.seconds;
  switch (expires.kind) {
    case Expires::Kind::off: return;
    case Expires::Kind::epoch: return set_lifetime(exchange, kEpoch, "no-cache");
    case Expires::Kind::max: return set_lifetime(exchange, kFarAway, "max-age=315360000");
    case Expires::Kind::daily: when = next_time_of_day(now, expires.seconds); break;
    case Expires::Kind::modified: {
      std::string_view field = exchange.reply.head.fields.get(Name::last_modified);
      std::optional<int64_t> modified = http::parse_date(field, now);
      if (modified) when = *modified + expires.seconds;
      break;
    }
    case Expires::Kind::time:
    case Expires::Kind::variable: break;
  }
  char date[32];
  std::string_view text = exchange.arena.copy({date, base::format_http_date(when, date)});
  int64_t age = when - now;
  if (expires.seconds < 0 || age < 0) return set_lifetime(exchange, text, "no-cache");
  set_lifetime(exchange, text, exchange.arena.copy(fmt::format("max-age={}", age)));
}

void apply_expires(Exchange& exchange, const Expires& expires) {
  if (expires.kind != Expires::Kind::variable) return set_expires(exchange, expires);
  std::string_view text = expires.variable.evaluate(exchange);
  bool modified = expires.seconds != 0;
  base::Result<Expires> parsed = Expires::parse(text, modified);
  if (parsed) set_expires(exchange, *parsed);
}

void add(Exchange& exchange, const AddedHeader& header) {
  http::Fields& fields = exchange.reply.head.fields;
  std::string_view value = header.value.evaluate(exchange);
  bool replaces = base::equals_ignoring_case(header.name, "Last-Modified") ||
                  base::equals_ignoring_case(header.name, "ETag");
  if (replaces) fields.remove(header.name);
  if (value.empty()) return;
  // A decoded $uri may hold a line end: it must not begin a field of its own.
  if (http::is_field_value(value)) {
    fields.add(header.name, value);
  } else {
    exchange.log(base::LogLevel::error, "add_header \"{}\": the value \"{}\" cannot stand in a field",
                 header.name, value);
  }
}

void add_trailers(Exchange& exchange, const CoreConf& core, bool usual) {
  exchange::Reply& reply = exchange.reply;
  if (reply.body == nullptr || reply.header_only || exchange.request.version < http::Version::http11) return;
  std::vector<const AddedHeader*> added;
  for (const AddedHeader& trailer : core.trailers) {
    if (usual || trailer.always) added.push_back(&trailer);
  }
  if (added.empty()) return;
  reply.body = std::make_unique<TrailedBody>(exchange, std::move(reply.body), std::move(added));
  reply.head.framing = http::Framing::streamed;  // a body with a length has no place for them (RFC 9112 §6)
  reply.head.content_length = 0;
}

void on_response(const exchange::Call& call) {
  Exchange& exchange = call.exchange;
  const CoreConf& core = *exchange.route->core;
  bool usual = is_usual(exchange.reply.head.status);
  if (usual) apply_expires(exchange, core.expires);
  for (const AddedHeader& header : core.headers) {
    if (usual || header.always) add(exchange, header);
  }
  if (!core.trailers.empty()) add_trailers(exchange, core, usual);
}

std::string active(const void*, const exchange::Route& route) {
  const CoreConf& core = *route.core;
  if (!core.headers.empty()) return "add_header is set";
  if (core.expires.kind != Expires::Kind::off) return "expires is set";
  return core.trailers.empty() ? "" : "add_trailer is set";
}

}  // namespace

const exchange::Module kModule = {
    .name = "headers", .priority = kPriority, .active = active, .on_response = on_response};

}  // namespace headers
