#include "exchange/exchange.h"

#include "exchange/request_body.h"
#include "exchange/server.h"
#include "net/address.h"

namespace exchange {

Exchange::Exchange(Worker& the_worker, Host& the_host, http::Stream& the_stream)
    : Subject(the_worker, the_host.variables(), the_stream.arena(), the_stream.connection()),
      host(the_host),
      stream(the_stream),
      request(the_stream.request()),
      reply(arena),
      cancel(the_worker.loop().ready()),
      resumed_(the_worker.loop().ready()),
      ended_(the_worker.loop().ready()) {}

Exchange::~Exchange() = default;

Verdict Exchange::answer(int status) {
  reply.head.status = status;
  reply.head.reason = {};
  reply.head.framing = http::Framing::none;
  reply.head.content_length = 0;
  reply.body.reset();
  reply.source = Reply::Source::local;
  reply.wants_error_page = true;
  reply.redirect = {};
  return Verdict::reply;
}

Verdict Exchange::answer(int status, std::string_view content_type, std::string_view text) {
  answer(status);
  reply.wants_error_page = false;
  reply.header_only = request.method == http::Method::head;
  if (!http::has_content(http::Method::get, status)) return Verdict::reply;
  if (!content_type.empty()) reply.head.fields.set(http::Name::content_type, content_type);
  reply.head.framing = http::Framing::length;
  reply.head.content_length = text.size();
  if (!text.empty()) reply.body = std::make_unique<http::TextBody>(text);
  return Verdict::reply;
}

Verdict Exchange::redirect(std::string_view uri) {
  reply.redirect = arena.copy(uri);
  return Verdict::reply;
}

RequestBody& Exchange::body() {
  if (body_ == nullptr) body_ = arena.make<RequestBody>(*this);
  return *body_;
}

void* Exchange::state(const Module& module) {
  for (State* state = states_; state != nullptr; state = state->next) {
    if (state->module == &module) return state->bytes;
  }
  void* bytes = arena.allocate(module.state_size, 16);
  std::memset(bytes, 0, module.state_size);
  states_ = arena.make<State>(State{&module, bytes, states_});
  return bytes;
}

Value Exchange::evaluate_own(const Variable& variable) {
  return variable.get(*this, variable.argument, variable.data);
}

void Exchange::set_own(const Variable& variable, std::string_view value) { variable.set(*this, value); }

void Exchange::take_route(const Exchange& like) {
  route = like.route;
  request.path = arena.copy(like.request.path);
  request.query = arena.copy(like.request.query);
  user = arena.copy(like.user);
  redirects = like.redirects;
  internal = like.internal;
  rewritten_here = like.rewritten_here;
  captures.count = like.captures.count;
  for (int i = 0; i < captures.count; ++i) captures.group[i] = arena.copy(like.captures.group[i]);
  take_variables(like);
}

void Exchange::describe(std::string& line) const {
  auto out = std::back_inserter(line);
  if (route != nullptr && route->server != nullptr)
    fmt::format_to(out, ", server: {}", route->server->first_name);
  if (!request.request_line.empty()) fmt::format_to(out, ", request: \"{}\"", request.request_line);
  if (!origin.tries.empty() && !origin.tries.back().address.empty()) {
    fmt::format_to(out, ", upstream: \"{}\"", origin.tries.back().address);
  }
  if (!request.authority.empty()) fmt::format_to(out, ", host: \"{}\"", request.authority);
  std::string_view referer = request.fields.get(http::Name::referer);
  if (!referer.empty()) fmt::format_to(out, ", referrer: \"{}\"", referer);
}

}  // namespace exchange
