#include "modules/cache/purge.h"

#include "base/text.h"
#include "conf/setters.h"
#include "exchange/deferred.h"
#include "exchange/exchange.h"
#include "exchange/setters.h"
#include "modules/cache/orders.h"
#include "modules/cache/purging.h"

namespace cache_module {

using exchange::Call;
using exchange::Exchange;
using exchange::Verdict;

namespace {

using Result = base::Result<void>;

bool is_token(std::string_view text) {
  return !text.empty() && text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ-_") == std::string_view::npos;
}

Result set_from(PurgeConf& conf, const conf::Directive& directive) {
  if (directive.args.size() == 1) return {};
  if (directive.arg(1) != "from" || directive.args.size() == 2)
    return base::fail("behind the method there may only be \"from\" and addresses");
  for (size_t i = 2; i < directive.args.size(); ++i) {
    if (directive.arg(i) == "all") {
      conf.from_all = true;
      continue;
    }
    base::Result<net::Cidr> set = net::Cidr::parse(directive.arg(i));
    if (!set) return tl::unexpected(set.error());
    conf.from.push_back(*set);
  }
  return {};
}

/// With a variable it is nginx Plus's directive: a condition. Otherwise it names a method.
Result set_purge(void* section, const conf::Directive& directive, conf::Site& site) {
  PurgeConf& conf = *static_cast<PurgeConf*>(section);
  conf = PurgeConf();
  for (const conf::Word& word : directive.args) {
    if (word.text.find('$') == std::string::npos) continue;
    return exchange::add_templates<&PurgeConf::conditions>(section, directive, site);
  }
  std::string_view method = directive.arg(0);
  if (method == "off" && directive.args.size() == 1) return {};
  if (!is_token(method)) return base::fail("\"{}\" is not a method", method);
  for (std::string_view usual : {"GET", "HEAD", "POST", "CONNECT", "TRACE"}) {
    if (method == usual) return base::fail("{} cannot be the method of purges", method);
  }
  conf.method = method;
  return set_from(conf, directive);
}

const conf::Row kRows[] = {
    {.name = "proxy_cache_purge",
     .contexts = conf::kHttpServerLocation,
     .syntax = "method [from address ...] | string ... | off",
     .max_args = conf::Row::kAny,
     .help =
         "Requests with this method remove what the cache has for their target, with all variants; a target "
         "that ends in * stands for all that begin so, a field Surrogate-Key names tags instead, and "
         "Soft-Purge: 1 only makes them stale. From loopback unless addresses (or all) are given. With "
         "variables it has nginx's meaning: a request is a purge where one of the strings is neither empty "
         "nor 0.",
     .set = set_purge},
};

bool may_purge(const PurgeConf& conf, const Exchange& exchange) {
  if (conf.from_all || !conf.conditions.empty()) return true;
  const net::Address& client = *exchange.client;
  if (client.is_unix() && conf.from.empty()) return true;
  static const net::Cidr kLoopback[] = {*net::Cidr::parse("127.0.0.0/8"), *net::Cidr::parse("::1")};
  std::span<const net::Cidr> sets = conf.from;
  if (sets.empty()) sets = kLoopback;
  for (const net::Cidr& set : sets) {
    if (set.contains(client)) return true;
  }
  return false;
}

bool is_asked_softly(const http::Fields& fields) {
  for (const http::Field& field : fields) {
    if (base::equals_ignoring_case(field.name, "soft-purge")) return field.value != "0";
  }
  return false;
}

PurgeWish wish_of(Exchange& exchange, const CacheConf& cache, const cache::Zone& zone) {
  using cache::PurgeKind;
  PurgeWish wish;
  bool soft = is_asked_softly(exchange.request.fields);
  bool tagged = false;
  for (const http::Field& field : exchange.request.fields) {
    if (field.id != http::Name::surrogate_key) continue;
    tagged = true;
    base::split(field.value, ' ', [&](std::string_view tag) {
      wish.orders.push_back(make_order(zone, PurgeKind::tag, tag, soft));
    });
  }
  if (tagged) return wish;
  std::string_view key = make_key(exchange, cache);
  std::string_view uri = uri_of(exchange);
  if (uri.ends_with('*')) {
    uri.remove_suffix(1);
    wish.orders.push_back(make_order(zone, PurgeKind::prefix, uri, soft));
  } else {
    wish.orders.push_back(make_order(zone, PurgeKind::key, key, soft));
  }
  return wish;
}

event::Task<Verdict> purge(Exchange& exchange, OpenZone& open, const PurgeConf& conf,
                           const CacheConf& cache) {
  PurgeWish wish = wish_of(exchange, cache, open.zone);
  PurgeOutcome outcome;
  event::Gate::Pass pass(exchange.worker.under_way());
  co_await carry_out(exchange.worker, open, wish, outcome);
  if (!outcome.done) {
    exchange.log(base::LogLevel::error, "purge: {}", outcome.done.error().message);
    co_return exchange.answer(500);
  }
  bool missed = outcome.count.has_value() && *outcome.count == 0;
  if (missed) co_return exchange.answer(404);
  if (!conf.conditions.empty()) co_return exchange.answer(204);
  std::string text = outcome.count ? fmt::format("{{\"purged\": {}}}\n", *outcome.count)
                                   : std::string("{\"purged\": \"all that match\"}\n");
  co_return exchange.answer(200, "application/json", exchange.arena.copy(text));
}

Verdict on_request(const Call& call) {
  Exchange& exchange = call.exchange;
  const PurgeConf& conf = call.conf_as<PurgeConf>();
  bool asked = conf.conditions.empty() ? exchange.request.method_text == conf.method
                                       : exchange::any_set(conf.conditions, exchange);
  if (!asked) return Verdict::next;
  const auto* cache = static_cast<const CacheConf*>(exchange.route->find(CacheConf::kSection));
  if (!may_purge(conf, exchange)) return exchange.answer(403);
  OpenZone& open = exchange.worker.kept<WorkerZones>(kModule).at(*cache->zone);
  return exchange::deferred(exchange, purge(exchange, open, conf, *cache));
}

std::string is_active(const void* section, const exchange::Route& route) {
  const PurgeConf& conf = *static_cast<const PurgeConf*>(section);
  const auto* cache = static_cast<const CacheConf*>(route.find(CacheConf::kSection));
  if (cache == nullptr || !cache->zone) return {};
  if (!conf.conditions.empty()) return "proxy_cache_purge has conditions";
  return conf.method.empty() ? std::string() : fmt::format("proxy_cache_purge is {}", conf.method);
}

}  // namespace

const conf::Section PurgeConf::kSection = conf::section<PurgeConf>("cache purge", kRows);

const exchange::Module kPurgeModule = {
    .name = "cache_purge",
    .priority = exchange::priority::cache - 1,
    .section = &PurgeConf::kSection,
    .active = is_active,
    .on_init = make_order_segments,
    .on_worker = open_orders,
    .on_request = on_request,
};

}  // namespace cache_module
