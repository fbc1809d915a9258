#include "exchange/exchange.h"

#include "exchange/request_body.h"
#include "exchange/server.h"
#include "net/address.h"

namespace exchange {
namespace {

// How deep variables may be made of variables: a map that names itself ends here.
constexpr int kDeepestVariable = 100;

}  // namespace

Exchange::Exchange(Worker& the_worker, Host& the_host, http::Stream& the_stream)
    : worker(the_worker),
      host(the_host),
      stream(the_stream),
      arena(the_stream.arena()),
      request(the_stream.request()),
      reply(arena),
      cancel(the_worker.loop().ready()),
      client(the_stream.connection().peer),
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

std::string_view Exchange::client_text() {
  if (client_text_of_ != client) {
    client_text_of_ = client;
    client_text_ = arena.copy(client->ip_text());
  }
  return client_text_;
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

Exchange::Slot& Exchange::slot(uint32_t index) {
  if (slots_ == nullptr) {
    size_t count = host.variables().size();
    slots_ = static_cast<Slot*>(arena.allocate(count * sizeof(Slot), alignof(Slot)));
    std::uninitialized_default_construct_n(slots_, count);
  }
  return slots_[index];
}

Value Exchange::evaluate(const Variable& variable) {
  if (variable.get == nullptr) {
    log(base::LogLevel::warn, "using uninitialized \"{}\" variable", variable.name);
    return {};
  }
  if (depth_ >= kDeepestVariable) {
    log(base::LogLevel::error, "cycle while evaluating variable \"{}\"", variable.name);
    return Value::none();
  }
  ++depth_;
  Value value = variable.get(*this, variable.argument, variable.data);
  --depth_;
  return value;
}

Value Exchange::variable(uint32_t index) {
  if (slots_ != nullptr && slots_[index].state != Slot::State::empty) return slots_[index].value;
  const Variable& variable = host.variables().at(index);
  Value value = evaluate(variable);
  if (variable.cached) {
    Slot& kept = slot(index);
    kept.value = value;
    kept.state = Slot::State::cached;
  }
  return value;
}

void Exchange::set_variable(uint32_t index, std::string_view value) {
  const Variable& variable = host.variables().at(index);
  if (variable.set != nullptr) {
    variable.set(*this, value);
    return;
  }
  Slot& kept = slot(index);
  kept.value = Value{value};
  kept.state = Slot::State::set;
}

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
  if (like.slots_ == nullptr) return;
  for (uint32_t index = 0; index < host.variables().size(); ++index) {
    const Slot& from = like.slots_[index];
    if (from.state != Slot::State::set) continue;
    Slot& to = slot(index);
    to.value = {arena.copy(from.value.text), from.value.found};
    to.state = Slot::State::set;
  }
}

void Exchange::forget_cached_variables() {
  if (slots_ == nullptr) return;
  for (Slot& slot : std::span(slots_, host.variables().size())) {
    if (slot.state == Slot::State::cached) slot.state = Slot::State::empty;
  }
}

void Exchange::write_log(base::Log& log, base::LogLevel level, std::string text) {
  auto out = std::back_inserter(text);
  if (client != nullptr) fmt::format_to(out, ", client: {}", client->ip_text());
  if (route != nullptr && route->server != nullptr)
    fmt::format_to(out, ", server: {}", route->server->first_name);
  if (!request.request_line.empty()) fmt::format_to(out, ", request: \"{}\"", request.request_line);
  if (!origin.tries.empty() && !origin.tries.back().address.empty()) {
    fmt::format_to(out, ", upstream: \"{}\"", origin.tries.back().address);
  }
  if (!request.authority.empty()) fmt::format_to(out, ", host: \"{}\"", request.authority);
  std::string_view referer = request.fields.get(http::Name::referer);
  if (!referer.empty()) fmt::format_to(out, ", referrer: \"{}\"", referer);
  log.write(level, stream.connection().id, text);
}

}  // namespace exchange
