#include "modules/proxy_core/answer.h"

#include <algorithm>

#include "base/text.h"
#include "exchange/core_conf.h"
#include "http/path.h"
#include "http/tokens.h"
#include "modules/proxy_core/rewrite.h"

namespace proxy_core {
namespace {

using exchange::Exchange;
using http::Field;
using http::Framing;
using http::Name;

bool is_hop_by_hop(const Field& field, bool is_upgrade) {
  switch (field.id) {
    case Name::connection:
    case Name::keep_alive:
    case Name::proxy_connection:
    case Name::te:
    case Name::transfer_encoding:
    case Name::content_length: return true;  // framing is told in Response::framing
    case Name::upgrade: return !is_upgrade;
    default: return false;
  }
}

std::string_view rewritten(Exchange& exchange, const ProxyConf& conf, const Field& field) {
  std::optional<std::string_view> value;
  if (field.id == Name::location) value = rewrite_location(exchange, conf, field.value);
  if (field.id == Name::refresh) value = rewrite_refresh(exchange, conf, field.value);
  if (field.id == Name::set_cookie) value = rewrite_cookie(exchange, conf, field.value);
  return value.value_or(field.value);
}

// X-Accel-Charset: the charset of a text that names none itself.
void apply_charset(Exchange& exchange, const ProxyConf& conf, const http::Response& from) {
  std::string_view charset = from.fields.get(Name::x_accel_charset);
  if (charset.empty() || conf.rules.ignores(exchange::kIgnoreCharset)) return;
  http::Fields& fields = exchange.reply.head.fields;
  std::string_view type = fields.get(Name::content_type);
  if (!base::starts_ignoring_case(type, "text/") || base::lower(type).find("charset=") != std::string::npos)
    return;
  fields.set(Name::content_type, exchange.arena.join(type, "; charset=", charset));
}

// A response to HEAD says how long its body would be (RFC 9110 §9.3.2).
void tell_length(Exchange& exchange, const http::Response& from) {
  http::Response& head = exchange.reply.head;
  head.framing = from.framing;
  head.content_length = from.content_length;
  if (exchange.request.method != http::Method::head) return;
  exchange.reply.header_only = true;
  std::optional<uint64_t> length = base::parse_uint(from.fields.get(Name::content_length));
  if (head.framing != Framing::none || !length) return;
  head.framing = Framing::length;
  head.content_length = *length;
}

// What of an answer with X-Accel-Redirect holds for the answer that is given instead, as in nginx.
constexpr Name kKeptOverRedirect[] = {Name::content_type, Name::set_cookie, Name::cache_control,
                                      Name::expires, Name::accept_ranges};

}  // namespace

void fill_reply(Exchange& exchange, const ProxyConf& conf, const http::Response& from) {
  exchange::Reply& reply = exchange.reply;
  reply.source = exchange::Reply::Source::origin;
  reply.wants_error_page = false;
  reply.head.status = from.status;
  reply.head.reason = from.reason;
  reply.head.fields.clear();
  bool is_upgrade = from.status == 101;
  std::string_view options = from.fields.combined(Name::connection);
  for (const Field& field : from.fields) {
    if (is_hop_by_hop(field, is_upgrade) || conf.hidden.has(field)) continue;
    if (field.id == Name::trailer && !conf.pass_trailers) continue;
    if (!options.empty() && !is_upgrade && http::list_has(options, field.name)) continue;
    reply.head.fields.add({field.name, rewritten(exchange, conf, field), field.id});
  }
  apply_charset(exchange, conf, from);
  tell_length(exchange, from);
}

bool apply_controls(Exchange& exchange, const ProxyConf& conf, const http::Response& from) {
  if (from.fields.has(Name::x_accel_limit_rate) && !conf.rules.ignores(exchange::kIgnoreLimitRate)) {
    std::optional<uint64_t> rate = base::parse_uint(from.fields.get(Name::x_accel_limit_rate));
    if (rate) exchange.stream.policy().limit_rate = *rate;
  }
  bool buffering = conf.buffering;
  if (conf.family == &kProxy && from.fields.has(Name::x_accel_buffering) &&
      !conf.rules.ignores(exchange::kIgnoreBuffering)) {
    std::string_view value = from.fields.get(Name::x_accel_buffering);
    if (base::equals_ignoring_case(value, "yes")) buffering = true;
    if (base::equals_ignoring_case(value, "no")) buffering = false;
  }
  return buffering;
}

bool apply_redirect(Exchange& exchange, const ProxyConf& conf, const http::Response& from) {
  std::string_view uri = from.fields.get(Name::x_accel_redirect);
  if (uri.empty() || conf.rules.ignores(exchange::kIgnoreRedirect)) return false;
  http::Fields& fields = exchange.reply.head.fields;
  fields.clear();
  for (const Field& field : from.fields) {
    bool kept = std::ranges::find(kKeptOverRedirect, field.id) != std::end(kKeptOverRedirect);
    if (!kept && !base::equals_ignoring_case(field.name, "Content-Disposition")) continue;
    fields.add({field.name, rewritten(exchange, conf, field), field.id});
  }
  exchange.reply.keeps_fields = true;
  if (exchange.request.method != http::Method::head) {
    exchange.request.method = http::Method::get;
    exchange.request.method_text = "GET";
  }
  if (uri.front() == '@') {
    exchange.redirect(uri);
    return true;
  }
  size_t question = uri.find('?');
  std::string_view path;
  if (!http::normalise_path(uri.substr(0, question), false, exchange.arena, path)) {
    exchange.log(base::LogLevel::error, "upstream sent an invalid X-Accel-Redirect: \"{}\"", uri);
    exchange.reply.keeps_fields = false;
    fields.clear();
    exchange.answer(404);
    return true;
  }
  std::string_view query = question == std::string_view::npos ? std::string_view() : uri.substr(question);
  exchange.redirect(exchange.arena.join(path, query));
  return true;
}

bool intercepts(const Exchange& exchange, const ProxyConf& conf, const http::Response& from) {
  if (!conf.intercept_errors || from.status < 300) return false;
  return std::ranges::any_of(exchange.route->core->error_pages, [&](const exchange::ErrorPage& page) {
    return std::ranges::find(page.codes, from.status) != page.codes.end();
  });
}

}  // namespace proxy_core
