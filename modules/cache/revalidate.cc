#include "modules/cache/revalidate.h"

#include "base/text.h"
#include "cache/policy.h"
#include "cache/stored_body.h"
#include "cache/stored_head.h"
#include "cache/stored_marks.h"
#include "http/conditionals.h"
#include "modules/cache/turn.h"

namespace cache_module {

using exchange::Exchange;
using http::Name;

namespace {

/// RFC 9111 §3.2: what an update never replaces: what says how the stored bytes are to be read, and framing.
bool stays_as_stored(Name name) {
  switch (name) {
    case Name::content_encoding:
    case Name::content_length:
    case Name::content_range:
    case Name::content_type:
    case Name::transfer_encoding: return true;
    default: return false;
  }
}

/// RFC 9111 §4.3.4: a strong tag says nothing of bytes that came with a weak one; it must not vouch for them.
bool vouches_for_too_much(const http::Fields& fields, const http::Fields& news) {
  return http::is_weak(fields.get(Name::etag)) && news.has(Name::etag) &&
         !http::is_weak(news.get(Name::etag));
}

/// Every field of `news` takes the place of those with its name.
void update(http::Fields& fields, const http::Fields& news) {
  bool keeps_tag = vouches_for_too_much(fields, news);
  auto stays = [keeps_tag](Name name) { return stays_as_stored(name) || (keeps_tag && name == Name::etag); };
  for (const http::Field& field : news) {
    if (!stays(field.id)) fields.remove(field.name);
  }
  for (const http::Field& field : news) {
    if (!stays(field.id)) fields.add(field);
  }
}

void add_all(http::Fields& to, const http::Fields& from) {
  for (const http::Field& field : from) to.add(field);
}

std::string_view marks_of(std::string_view head) {
  return head.substr(0, head.size() - cache::skip_stored_marks(head).size());
}

http::BodyPtr body_of(Candidate& candidate) {
  cache::Found& found = candidate.found;
  if (candidate.disk && found.body_size > 0) return candidate.disk.body(0, found.body_size);
  if (found.pin) return std::make_unique<cache::StoredBody>(std::move(found.pin), 0, found.body_size);
  if (found.body_size == 0) return nullptr;
  return std::make_unique<http::StringBody>(std::string(found.body));  // outlives the exchange in a fill
}

/// A record of its own leads to the extents that are there. Until it is written others wait for this turn.
bool renew_on_disk(CacheState& state, const cache::Facts& facts, std::string_view head) {
  cache::Fills& fills = state.open->fills;
  cache::FlightRef flight = state.turn != nullptr ? state.turn->flight() : cache::FlightRef();
  bool begun = state.open->tiers->renew(
      state.held->disk, facts, head, [&fills, flight] { fills.end(flight, cache::FlightEnd::look_again); });
  if (begun && state.turn != nullptr) (void)state.turn->take();
  return begun;
}

}  // namespace

bool is_still_current(const Exchange& exchange, const CacheState& state) {
  return state.asked && exchange.origin.head != nullptr && exchange.origin.head->status == 304 &&
         exchange.reply.head.status == 304;
}

http::Response* renew(Exchange& exchange, CacheState& state) {
  cache::Found& found = state.held->found;
  http::Fields stored(exchange.arena);
  if (!cache::read_stored_head(found.head, stored)) return nullptr;
  // What the response is now for our decisions: a 304 without Date was made now.
  http::Response* decided = exchange.arena.make<http::Response>(exchange.arena);
  decided->status = found.facts.status;
  add_all(decided->fields, stored);
  decided->fields.remove(Name::date);
  update(decided->fields, exchange.origin.head->fields);

  http::Response& head = exchange.reply.head;
  http::Fields news(exchange.arena);
  add_all(news, head.fields);
  head.fields.clear();
  add_all(head.fields, stored);
  update(head.fields, news);
  head.status = found.facts.status;
  head.reason = {};
  bool has_content = http::has_content(http::Method::get, head.status);
  head.framing = has_content ? http::Framing::length : http::Framing::none;
  head.content_length = found.body_size;
  exchange.reply.header_only = exchange.request.method == http::Method::head;
  exchange.reply.body = has_content ? body_of(*state.held) : nullptr;
  return decided;
}

bool renew_in_place(CacheState& state, const base::Digest& place, const cache::Facts& facts,
                    std::string_view head) {
  // Purges on the disk go by the marks it has there.
  if (marks_of(head) != marks_of(state.held->found.head)) return false;
  if (state.held->disk) return place == state.held->place && renew_on_disk(state, facts, head);
  bool done = state.open->zone.renew(state.held->found.ref, facts, head);
  if (!done || place != state.held->place) return false;
  if (state.turn != nullptr && state.turn->flight()) {
    state.open->fills.end(state.turn->take(), cache::FlightEnd::look_again);
  }
  return true;
}

const http::Response* agree_with_head(Exchange& exchange, const CacheState& state) {
  if (exchange.origin.head == nullptr || exchange.origin.head->status != 200) return nullptr;
  if (state.held == nullptr) return nullptr;
  const http::Fields& now = exchange.origin.head->fields;
  http::Response* merged = exchange.arena.make<http::Response>(exchange.arena);
  merged->status = 200;
  bool same = cache::read_stored_head(state.held->found.head, merged->fields) &&
              state.held->found.facts.status == 200;
  for (Name name : {Name::etag, Name::last_modified}) {
    if (now.has(name) && now.get(name) != merged->fields.get(name)) same = false;
  }
  std::optional<uint64_t> length = base::parse_uint(now.get(Name::content_length));
  if (length && *length != state.held->found.body_size) same = false;
  if (!same) {
    state.open->zone.purge(state.held->place);
    return nullptr;
  }
  merged->fields.remove(Name::date);
  update(merged->fields, now);
  return merged;
}

}  // namespace cache_module
