// What the origin is asked: for the whole, never on the client's conditions (those are answered from what
// comes back); where something is stored that may not be used as it is, whether that is still current.
#include <algorithm>

#include "cache/stored_head.h"
#include "http/conditionals.h"
#include "modules/cache/other_variants.h"

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
bool add_conditions(Exchange& exchange, CacheState& state, http::Fields& fields) {
  if (!state.conf->rules.revalidates) return false;
  for (Name name : kForUs) {
    bool is_slice = name == Name::range && exchange.origin.part;  // the same part as what is stored
    if (exchange.origin.rules->sets(name) && !is_slice) return false;
  }
  std::string_view etags;
  auto add_etag = [&](std::string_view etag) {
    etags = etags.empty() ? etag : exchange.arena.join(etags, ", ", etag);
  };
  std::string_view modified;
  if (state.held != nullptr) {
    http::Fields stored(exchange.arena);
    if (!cache::read_stored_head(state.held->found.head, stored)) return false;
    if (http::is_etag(stored.get(Name::etag))) add_etag(stored.get(Name::etag));
    modified = stored.get(Name::last_modified);
  }
  // If-None-Match goes before If-Modified-Since: with the tags of others the date of ours would not count.
  if (state.held == nullptr || !etags.empty()) gather_variants(exchange, state);
  for (const Candidate* other = state.others; other != nullptr; other = other->next) {
    add_etag(etag_of(exchange, *other));
  }
  if (!etags.empty()) fields.add(Name::if_none_match, etags);
  if (!modified.empty()) fields.add(Name::if_modified_since, modified);
  return !etags.empty() || !modified.empty();
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
