#include "modules/cache/other_variants.h"

#include "cache/stored_head.h"
#include "http/conditionals.h"
#include "modules/cache/orders.h"

namespace cache_module {

using exchange::Exchange;
using http::Name;

namespace {

/// What is stored there, without counting as a use of it.
Candidate copy_of(Exchange& exchange, const CacheState& state, const base::Digest& place) {
  Candidate candidate;
  cache::Zone::Copy copy = state.open->zone.copy(place, 0);
  if (!copy || copy.kind != cache::EntryKind::object || copy.key != state.key) return candidate;
  candidate.place = place;
  candidate.found.kind = copy.kind;
  candidate.found.facts = copy.facts;
  candidate.found.head = exchange.arena.copy(copy.head);
  candidate.found.body_size = copy.body_size;
  candidate.found.pin = std::move(copy.pin);
  candidate.found.ref = copy.ref;
  return candidate;
}

}  // namespace

std::string_view etag_of(Exchange& exchange, const Candidate& candidate) {
  http::Fields stored(exchange.arena);
  if (!cache::read_stored_head(candidate.found.head, stored)) return {};
  std::string_view etag = stored.get(Name::etag);
  return http::is_etag(etag) ? etag : std::string_view();
}

void gather_variants(Exchange& exchange, CacheState& state) {
  if (state.salt == 0 || !state.open->notes) return;
  const base::Digest own = state.held != nullptr ? state.held->place : state.place;
  std::string_view detail = state.detail;
  Candidate* newest = nullptr;
  for (const base::Digest& place : state.open->notes->variants(salted(state.digest, state.salt))) {
    if (place == own) continue;
    Candidate candidate = copy_of(exchange, state, place);
    if (!candidate || etag_of(exchange, candidate).empty()) continue;
    if (!outlives_orders(exchange, state, candidate)) continue;
    candidate.next = newest;
    newest = exchange.arena.make<Candidate>(std::move(candidate));
  }
  state.others = newest;
  state.detail = detail;
}

void select_by_304(Exchange& exchange, CacheState& state) {
  if (state.others == nullptr) return;
  std::string_view named = exchange.origin.head->fields.get(Name::etag);
  // Without a validator it can only mean the one there is.
  if (named.empty() && (state.held != nullptr || state.others->next == nullptr)) {
    if (state.held == nullptr) state.held = state.others;
    return;
  }
  if (state.held != nullptr && http::weak_match(named, etag_of(exchange, *state.held))) return;
  state.held = nullptr;
  Candidate* alike = nullptr;  // If-None-Match compares weakly: an origin may answer W/"x" with "x"
  for (Candidate* other = state.others; other != nullptr && state.held == nullptr; other = other->next) {
    std::string_view etag = etag_of(exchange, *other);
    if (http::strong_match(named, etag)) state.held = other;
    if (alike == nullptr && http::weak_match(named, etag)) alike = other;
  }
  if (state.held == nullptr) state.held = alike;
}

}  // namespace cache_module
