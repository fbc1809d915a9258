#include "modules/cache/answer.h"

#include "cache/stored_body.h"
#include "cache/stored_head.h"
#include "modules/cache/content.h"
#include "modules/cache/incomplete.h"
#include "modules/cache/part.h"
#include "modules/cache/rest.h"

namespace cache_module {

using exchange::Exchange;
using exchange::Verdict;
using http::Name;

namespace {

/// The body, whole or in parts, of a stored object; straight from shared memory where it was not copied
/// already.
http::BodyPtr stored_body(Exchange& exchange, Candidate& candidate, Content content) {
  cache::Found& found = candidate.found;
  bool part = content.kind == Content::Kind::part;
  uint64_t first = part ? content.plan.ranges.front().first : 0;
  uint64_t size = part ? content.plan.ranges.front().size() : found.body_size;
  http::BodyPtr body;
  if (candidate.disk) {
    if (size > 0) body = candidate.disk.body(first, size);
  } else if (found.pin) {
    body = std::make_unique<cache::StoredBody>(std::move(found.pin), first, size);
  } else if (size > 0) {
    body = std::make_unique<http::TextBody>(found.body.substr(first, size));
  }
  if (part) return body;
  return cut_content(exchange, std::move(content), found.body_size, std::move(body));
}

}  // namespace

Verdict answer(Exchange& exchange, CacheState& state, Candidate& candidate) {
  http::Response& head = exchange.reply.head;
  int64_t now = exchange.worker.clock().wall_seconds();
  const cache::Facts facts = candidate.facts();
  std::string_view stored = candidate.fill != nullptr ? exchange.arena.copy(candidate.fill->object().head)
                            : candidate.growing       ? candidate.growing.head
                                                      : candidate.found.head;
  std::optional<uint64_t> size = candidate.fill != nullptr ? candidate.fill->object().body_size
                                 : candidate.growing       ? candidate.growing.body_size
                                                           : std::optional(candidate.found.body_size);
  head.fields.clear();
  if (!cache::read_stored_head(stored, head.fields)) {
    head.fields.clear();
    state.open->zone.purge(state.digest);
    return Verdict::next;
  }
  head.status = facts.status;
  // A key that does not tell the parts of slice apart leads to another one; a piece answers what it covers.
  std::optional<Content> piece;
  if (is_incomplete(exchange, facts) && candidate.found) piece = select_from_incomplete(exchange);
  if (facts.status == 206 && !piece && !is_wanted_part(exchange, head)) {
    head.fields.clear();
    return Verdict::next;
  }
  http::BodyPtr growing;
  if (candidate.fill != nullptr) {
    growing = with_rest(exchange, candidate.fill->read(), resume_of(exchange, head, size));
    if (!growing) {
      head.fields.clear();
      return Verdict::next;
    }
    state.collapsed = true;
  } else if (candidate.growing) {
    growing = state.open->fills.read(std::move(candidate.growing), resume_of(exchange, head, size));
    state.collapsed = true;
  }

  exchange.reply.source = exchange::Reply::Source::cache;
  head.reason = {};
  fmt::format_int age(facts.freshness.age(now));
  head.fields.set(Name::age, exchange.arena.copy({age.data(), age.size()}));  // RFC 9111 §4, §5.1
  bool has_content = http::has_content(http::Method::get, facts.status);
  head.framing = !has_content ? http::Framing::none : size ? http::Framing::length : http::Framing::streamed;
  head.content_length = size.value_or(0);
  exchange.reply.header_only = exchange.request.method == http::Method::head;

  // With parts it is for the slice module to say what the client gets of them.
  Content content;
  if (piece) {
    content = std::move(*piece);
    head.content_length = content.plan.ranges.front().size();
  } else if (!exchange.origin.part) {
    content = select_content(exchange, size);
  }
  if (content.kind != Content::Kind::nothing && !exchange.reply.header_only) {
    exchange.reply.body =
        growing ? cut_content(exchange, std::move(content), size.value_or(0), std::move(growing))
                : stored_body(exchange, candidate, std::move(content));
  }
  state.ttl = facts.freshness.time_left(now);
  state.has_ttl = true;
  return Verdict::reply;
}

}  // namespace cache_module
