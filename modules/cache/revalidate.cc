#include "modules/cache/revalidate.h"

#include "base/text.h"
#include "cache/policy.h"
#include "cache/stored_body.h"
#include "cache/stored_head.h"
#include "http/conditionals.h"

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

/// Every field of `news` takes the place of those with its name.
void update(http::Fields& fields, const http::Fields& news) {
  for (const http::Field& field : news) {
    if (!stays_as_stored(field.id)) fields.remove(field.name);
  }
  for (const http::Field& field : news) {
    if (!stays_as_stored(field.id)) fields.add(field);
  }
}

void add_all(http::Fields& to, const http::Fields& from) {
  for (const http::Field& field : from) to.add(field);
}

http::BodyPtr body_of(Candidate& candidate) {
  cache::Found& found = candidate.found;
  if (candidate.disk && found.body_size > 0) return candidate.disk.body(0, found.body_size);
  if (found.pin) return std::make_unique<cache::StoredBody>(std::move(found.pin), 0, found.body_size);
  if (found.body_size == 0) return nullptr;
  return std::make_unique<http::StringBody>(std::string(found.body));  // outlives the exchange in a fill
}

}  // namespace

bool is_still_current(const Exchange& exchange, const CacheState& state) {
  return state.asked && state.held != nullptr && exchange.origin.head != nullptr &&
         exchange.origin.head->status == 304 && exchange.reply.head.status == 304;
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

void compare_with_head(Exchange& exchange, const CacheState& state) {
  if (exchange.origin.head == nullptr || exchange.origin.head->status != 200 || state.held == nullptr) return;
  const http::Fields& now = exchange.origin.head->fields;
  http::Fields stored(exchange.arena);
  bool sound = cache::read_stored_head(state.held->found.head, stored);
  bool same = sound && state.held->found.facts.status == 200;
  for (Name name : {Name::etag, Name::last_modified}) {
    if (now.has(name) && now.get(name) != stored.get(name)) same = false;
  }
  std::optional<uint64_t> length = base::parse_uint(now.get(Name::content_length));
  if (length && *length != state.held->found.body_size) same = false;
  if (!same) state.open->zone.purge(state.held->place);
}

}  // namespace cache_module
