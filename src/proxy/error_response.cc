#include "proxy/error_response.h"

#include <algorithm>

#include "exchange/core_conf.h"
#include "exchange/server_signature.h"
#include "proxy/error_page.h"
#include "proxy/router.h"

namespace proxy {

using exchange::ErrorPage;
using exchange::Exchange;

namespace {

constexpr int kCloseSilently = 444;

const ErrorPage* page_for(Exchange& exchange, int status) {
  const exchange::CoreConf& core = *exchange.route->core;
  if (exchange.last_error_page) return nullptr;
  exchange.last_error_page = !core.recursive_error_pages;
  if (exchange.redirects > Router::kMaxRounds) return nullptr;
  for (const ErrorPage& page : core.error_pages) {
    if (std::ranges::find(page.codes, status) != page.codes.end()) return &page;
  }
  return nullptr;
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// What the client is told: some statuses are only for error_page.
int told_status(int status) {
  bool ours =
      status == http::kBadCertificate || status == http::kNoCertificate || status == http::kPlainToTls;
  return ours ? 400 : status;
}

// After these nginx does not trust the connection to be in step.
bool ends_connection(int status) {
  return told_status(status) == 400 || status == 408 || status == 413 || status == 414 || status == 431 ||
         status == 500 || status == 501 || status == 505;
}

void make_page(Exchange& exchange) {
  int status = exchange.reply.head.status;
  exchange.reply.wants_error_page = false;
  if (ends_connection(status)) exchange.stream.close_after();
  if (status < 300 || status == 304 || exchange.reply.body != nullptr) return;
  ErrorPageText page = make_error_page(status, exchange::server_signature(exchange));
  exchange.answer(told_status(status), page.content_type, exchange.arena.copy(page.text));
}

}  // namespace

bool closes_silently(const Exchange& exchange) { return exchange.reply.head.status == kCloseSilently; }

bool find_error_page(Exchange& exchange) {
  exchange::Reply& reply = exchange.reply;
  if (!reply.wants_error_page || reply.head.status == kCloseSilently) return false;
  int status = reply.head.status;
  exchange.page_status = 0;  // an error of an error page has its own status
  const ErrorPage* page = status >= 300 && status != 304 ? page_for(exchange, status) : nullptr;
  if (page == nullptr) {
    make_page(exchange);
    return false;
  }
  if (ends_connection(status)) exchange.stream.close_after();
  std::string_view target = page->target.evaluate(exchange);
  bool inside = target.starts_with('/') || target.starts_with('@');
  if (!inside) {
    exchange.answer(is_redirect(page->answer) ? page->answer : 302);
    reply.head.fields.set(http::Name::location, target);
    make_page(exchange);
    return false;
  }
  exchange.error_status = status;
  exchange.page_status = page->answer > 0 ? page->answer : page->answer == 0 ? told_status(status) : 0;
  bool changes_method = target.starts_with('/') && exchange.request.method != http::Method::head;
  if (changes_method) {
    exchange.request.method = http::Method::get;
    exchange.request.method_text = "GET";
  }
  exchange.redirect(target);
  return true;
}

void clear_reply(Exchange& exchange) {
  exchange::Reply& reply = exchange.reply;
  reply.body.reset();
  reply.head.status = 0;
  reply.head.reason = {};
  reply.head.framing = http::Framing::none;
  reply.head.content_length = 0;
  reply.wants_error_page = false;
  reply.header_only = false;
  if (std::exchange(reply.keeps_fields, false)) {
    reply.head.fields.remove(http::Name::location);
  } else if (reply.source == exchange::Reply::Source::local) {
    for (http::Name name : {http::Name::content_type, http::Name::location}) reply.head.fields.remove(name);
  } else {
    reply.head.fields.clear();
  }
  reply.source = exchange::Reply::Source::none;
}

}  // namespace proxy
