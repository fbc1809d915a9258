#include "modules/proxy_core/forced_ranges.h"

#include "base/hash.h"
#include "base/text.h"
#include "exchange/core_conf.h"
#include "http/conditionals.h"
#include "http/dates.h"
#include "http/ranges.h"

namespace proxy_core {
namespace {

using exchange::Exchange;
using http::Name;

http::Validators validators_of(const http::Fields& fields, int64_t now) {
  http::Validators validators;
  validators.etag = fields.get(Name::etag);
  validators.last_modified = http::parse_date(fields.get(Name::last_modified), now);
  validators.date = http::parse_date(fields.get(Name::date), now).value_or(0);
  return validators;
}

void set_one(Exchange& exchange, const http::ByteRange& range, uint64_t size) {
  http::Response& head = exchange.reply.head;
  head.content_length = range.size();
  head.fields.set(Name::content_range, exchange.arena.copy(http::content_range(range, size)));
  if (exchange.reply.body) {
    exchange.reply.body = std::make_unique<http::RangedBody>(std::move(exchange.reply.body), range);
  }
}

void set_several(Exchange& exchange, std::vector<http::ByteRange> ranges, uint64_t size) {
  http::Response& head = exchange.reply.head;
  uint64_t boundary = base::random_seed();
  http::MultipartRanges multipart(std::move(ranges), size, head.fields.get(Name::content_type),
                                  base::hex(&boundary, sizeof boundary));
  head.content_length = multipart.content_length();
  head.fields.set(Name::content_type, exchange.arena.copy(multipart.content_type()));
  if (exchange.reply.body) {
    exchange.reply.body =
        std::make_unique<http::RangedBody>(std::move(exchange.reply.body), std::move(multipart));
  }
}

void refuse(Exchange& exchange, uint64_t size) {
  exchange.answer(416);
  exchange.reply.head.fields.clear();
  exchange.reply.head.fields.set(Name::content_range, exchange.arena.copy(http::unsatisfied_range(size)));
}

}  // namespace

void force_ranges(Exchange& exchange) {
  http::Response& head = exchange.reply.head;
  uint64_t most = exchange.route->core->max_ranges;
  if (head.status != 200 || head.framing != http::Framing::length || most == 0) return;
  head.fields.set(Name::accept_ranges, "bytes");
  std::string_view asked = exchange.request.fields.get(Name::range);
  if (asked.empty() || exchange.request.method != http::Method::get) return;
  int64_t now = exchange.worker.clock().wall_seconds();
  if (!http::range_applies(exchange.request, validators_of(head.fields, now), now)) return;
  uint64_t size = head.content_length;
  http::RangePlan plan = http::plan_ranges(asked, size, most);
  if (plan.kind == http::RangeKind::whole) return;
  if (plan.kind == http::RangeKind::unsatisfiable) return refuse(exchange, size);
  head.status = 206;
  head.reason = {};
  if (plan.kind == http::RangeKind::single) return set_one(exchange, plan.ranges[0], size);
  set_several(exchange, std::move(plan.ranges), size);
}

}  // namespace proxy_core
