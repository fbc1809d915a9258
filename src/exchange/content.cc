#include "exchange/content.h"

#include <algorithm>

#include "base/hash.h"
#include "exchange/core_conf.h"
#include "http/conditionals.h"
#include "http/dates.h"

namespace exchange {

using http::Name;

namespace {

http::DateMatch date_match(const CoreConf& core) {
  switch (core.if_modified_since) {
    case CoreConf::IfModifiedSince::off: return http::DateMatch::off;
    case CoreConf::IfModifiedSince::exact: return http::DateMatch::exact;
    case CoreConf::IfModifiedSince::before: return http::DateMatch::before;
  }
  return http::DateMatch::exact;
}

/// RFC 9110 §15.4.5: what describes the content that is not sent goes.
void make_not_modified(http::Response& head) {
  head.status = 304;
  head.reason = {};
  head.framing = http::Framing::none;
  for (Name name : {Name::content_type, Name::content_length, Name::content_encoding, Name::content_range,
                    Name::accept_ranges}) {
    head.fields.remove(name);
  }
}

/// Whether the request asks for anything but the whole: most do not, and nothing of the rest is looked at
/// then.
bool has_conditions(const http::Fields& fields) {
  return fields.has(Name::if_match) || fields.has(Name::if_none_match) ||
         fields.has(Name::if_modified_since) || fields.has(Name::if_unmodified_since) ||
         fields.has(Name::range);
}

/// A refusal of our own: the fields of the stored response do not describe it.
void refuse(Exchange& exchange, int status) {
  exchange.reply.head.fields.clear();
  exchange.answer(status);
}

}  // namespace

Content select_content(Exchange& exchange, std::optional<uint64_t> size, uint64_t max_ranges) {
  Content content;
  http::Response& head = exchange.reply.head;
  const http::Request& request = exchange.request;
  const CoreConf& core = *exchange.route->core;
  max_ranges = std::min(max_ranges, core.max_ranges);
  bool reads = request.method == http::Method::get || request.method == http::Method::head;
  // RFC 9110 §13.2.1: conditions and ranges are for what would be a 200.
  if (!reads || head.status != 200) return content;

  if (!has_conditions(request.fields)) {
    bool sliceable = size.has_value() && max_ranges != 0 && !head.fields.has(Name::accept_ranges);
    if (sliceable) head.fields.add(Name::accept_ranges, "bytes");
    return content;
  }

  int64_t now = exchange.worker.clock().wall_seconds();
  http::Validators validators;
  validators.etag = head.fields.get(Name::etag);
  validators.last_modified = http::parse_date(head.fields.get(Name::last_modified), now);
  validators.date = http::parse_date(head.fields.get(Name::date), now).value_or(now);
  switch (http::evaluate(request, validators, date_match(core), now)) {
    case http::Condition::proceed: break;
    case http::Condition::not_modified:
      make_not_modified(head);
      content.kind = Content::Kind::nothing;
      return content;
    case http::Condition::precondition_failed:
      refuse(exchange, 412);
      content.kind = Content::Kind::nothing;
      return content;
  }

  if (!size || max_ranges == 0) return content;
  if (!head.fields.has(Name::accept_ranges)) head.fields.add(Name::accept_ranges, "bytes");
  // RFC 9110 §14.2: Range is defined for GET alone.
  if (request.method != http::Method::get || !request.fields.has(Name::range)) return content;
  if (!http::range_applies(request, validators, now)) return content;
  content.plan = http::plan_ranges(request.fields.get(Name::range), *size, max_ranges);
  switch (content.plan.kind) {
    case http::RangeKind::whole: break;
    case http::RangeKind::unsatisfiable:
      refuse(exchange, 416);
      head.fields.add(Name::content_range, exchange.arena.copy(http::unsatisfied_range(*size)));
      content.kind = Content::Kind::nothing;
      break;
    case http::RangeKind::single:
      content.kind = Content::Kind::part;
      head.status = 206;
      head.reason = {};
      head.fields.set(Name::content_range,
                      exchange.arena.copy(http::content_range(content.plan.ranges.front(), *size)));
      head.framing = http::Framing::length;
      head.content_length = content.plan.ranges.front().size();
      break;
    case http::RangeKind::multiple:
      content.kind = Content::Kind::parts;
      head.status = 206;
      head.reason = {};
      break;
  }
  return content;
}

http::BodyPtr cut_content(Exchange& exchange, Content content, uint64_t size, http::BodyPtr whole) {
  if (content.kind == Content::Kind::whole || !whole) return whole;
  if (content.kind == Content::Kind::nothing) return nullptr;
  if (content.kind == Content::Kind::part) {
    return std::make_unique<http::RangedBody>(std::move(whole), content.plan.ranges.front());
  }
  http::Response& head = exchange.reply.head;
  std::string boundary = fmt::format("{:016x}{:08x}", base::random_seed(), base::random_seed() >> 32);
  http::MultipartRanges parts(std::move(content.plan.ranges), size, head.fields.get(Name::content_type),
                              boundary);
  head.fields.set(Name::content_type, exchange.arena.copy(parts.content_type()));
  head.framing = http::Framing::length;
  head.content_length = parts.content_length();
  return std::make_unique<http::RangedBody>(std::move(whole), std::move(parts));
}

}  // namespace exchange
