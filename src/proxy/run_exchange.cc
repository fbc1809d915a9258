#include "proxy/run_exchange.h"

#include "proxy/error_response.h"
#include "proxy/response_head.h"
#include "proxy/uri.h"

namespace proxy {

using exchange::Call;
using exchange::Exchange;
using exchange::Route;
using exchange::Verdict;

namespace {

// Which modules saw the request: those whose on_request was called, and those that have none.
class Seen {
 public:
  void add(const exchange::Module& module) { last_ = module.priority; }
  bool has(const exchange::Module& module) const {
    return module.on_request == nullptr || module.priority <= last_;
  }

 private:
  int last_ = INT32_MIN;
};

void run_response_hooks(Exchange& exchange, const Seen& seen) {
  for (const auto& hook : exchange.route->on_response) {
    if (seen.has(*hook.module)) hook.function(Call{exchange, *hook.module, hook.conf});
  }
}

void run_log_hooks(Exchange& exchange) {
  for (const auto& hook : exchange.route->on_log) hook.function(Call{exchange, *hook.module, hook.conf});
}

// An internal redirect: the exchange goes through the router again.
Verdict redirect(Exchange& exchange, const Router& router) {
  std::string_view target = std::exchange(exchange.reply.redirect, {});
  exchange.internal = true;
  if (++exchange.redirects > Router::kMaxRounds) {
    exchange.log(base::LogLevel::error,
                 "rewrite or internal redirection cycle while internally redirecting to \"{}\"", target);
    return exchange.answer(500);
  }
  clear_reply(exchange);
  if (target.starts_with('@')) return router.route_named(exchange, target);
  if (!change_uri(exchange, target)) {
    exchange.log(base::LogLevel::error, "internal redirect to an invalid URI \"{}\"", target);
    return exchange.answer(500);
  }
  return router.route(exchange);
}

}  // namespace

event::Task<void> run_exchange(Exchange& exchange, const Router& router) {
  // Named, since g++ 12 would copy what a call in a co_await returns by reference.
  event::Answer<Verdict>& resumed = exchange.resumed();
  event::Answer<http::StreamEnd>& ended = exchange.ended();
  Seen seen;
  Verdict verdict = router.route(exchange);
  for (;;) {
    const Route& route = *exchange.route;
    for (size_t i = 0; verdict == Verdict::next && i < route.on_request.size(); ++i) {
      const auto& hook = route.on_request[i];
      seen.add(*hook.module);
      verdict = hook.function(Call{exchange, *hook.module, hook.conf});
      if (verdict == Verdict::pending) {
        verdict = co_await resumed;
        resumed.reset();
      }
    }
    if (exchange.client_gone) break;
    if (verdict == Verdict::next) exchange.answer(404);
    if (exchange.reply.redirect.empty() && !find_error_page(exchange)) break;
    verdict = redirect(exchange, router);
  }

  if (!exchange.client_gone && closes_silently(exchange))
    exchange.stream.abort();
  else if (!exchange.client_gone) {
    complete_head(exchange);
    run_response_hooks(exchange, seen);
    http::BodyPtr body = std::move(exchange.reply.body);
    if (exchange.reply.header_only) body.reset();
    exchange.stream.respond(exchange.reply.head, std::move(body));
  }
  co_await ended;
  run_log_hooks(exchange);
  exchange.stream.release();
}

event::Task<void> run_detached(Exchange& exchange, const exchange::Module& from) {
  event::Answer<Verdict>& resumed = exchange.resumed();
  event::Answer<http::StreamEnd>& ended = exchange.ended();
  const Route& route = *exchange.route;
  Seen seen;
  Verdict verdict = Verdict::next;
  for (size_t i = 0; verdict == Verdict::next && i < route.on_request.size(); ++i) {
    const auto& hook = route.on_request[i];
    if (hook.module->priority < from.priority) continue;
    seen.add(*hook.module);
    verdict = hook.function(Call{exchange, *hook.module, hook.conf});
    if (verdict == Verdict::pending) {
      verdict = co_await resumed;
      resumed.reset();
    }
  }
  // An error of our own, or another location's answer, is no news of what is stored here.
  bool answered = verdict == Verdict::reply && exchange.reply.redirect.empty();
  if (answered && !exchange.reply.wants_error_page && !exchange.client_gone)
    run_response_hooks(exchange, seen);
  if (!exchange.client_gone) exchange.stream.respond(exchange.reply.head, std::move(exchange.reply.body));
  co_await ended;
  exchange.stream.release();
}

}  // namespace proxy
