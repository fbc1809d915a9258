// What the origin is asked: for the whole, never on the client's conditions (those are answered from what
// comes back); where something is stored that may not be used as it is, whether that is still current.
#include <algorithm>

#include "cache/stored_head.h"
#include "http/conditionals.h"
#include "modules/cache/find.h"

namespace cache_module {

using exchange::Call;
using exchange::Exchange;
using exchange::Verdict;
using http::Name;

namespace {

/// Conditions and ranges are for us to answer, from what we store. If-Match and If-Unmodified-Since too: the
/// origin answers with what is current, and they are held against that.
constexpr Name kForUs[] = {Name::if_match, Name::if_modified_since,   Name::if_none_match,
                           Name::if_range, Name::if_unmodified_since, Name::range};

bool is_for_us(Name name) { return std::ranges::find(kForUs, name) != std::end(kForUs); }

/// RFC 9111 §4.3.1: the validators of what is stored. False: it has none, or the configuration asks for
/// something itself.
bool add_conditions(Exchange& exchange, const CacheState& state, http::Fields& fields) {
  if (state.held == nullptr || !state.conf->rules.revalidates) return false;
  for (Name name : kForUs) {
    if (exchange.origin.rules->sets(name)) return false;
  }
  http::Fields stored(exchange.arena);
  if (!cache::read_stored_head(state.held->found.head, stored)) return false;
  bool any = false;
  std::string_view etag = stored.get(Name::etag);
  if (http::is_etag(etag)) {
    fields.add(Name::if_none_match, etag);
    any = true;
  }
  std::string_view modified = stored.get(Name::last_modified);
  if (!modified.empty()) {
    fields.add(Name::if_modified_since, modified);
    any = true;
  }
  return any;
}

}  // namespace

Verdict ask_origin(const Call& call) {
  Exchange& exchange = call.exchange;
  CacheState& state = exchange.state<CacheState>(call.module);
  if (state.route != exchange.route || !state.cacheable || state.by_range) return Verdict::next;
  http::OriginRequest& request = *exchange.origin.request;
  bool converts = exchange.request.method == http::Method::head && state.conf->converts_head;
  if (exchange.request.method != http::Method::get && !converts) return Verdict::next;
  if (request.method == "HEAD") request.method = "GET";
  http::Fields* fields = exchange.arena.make<http::Fields>(exchange.arena);
  for (const http::Field& field : *request.fields) {
    if (!is_for_us(field.id) || exchange.origin.rules->sets(field.id)) fields->add(field);
  }
  state.asked = add_conditions(exchange, state, *fields);
  request.fields = fields;
  return Verdict::next;
}

}  // namespace cache_module
