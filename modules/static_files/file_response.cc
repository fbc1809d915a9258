#include "modules/static_files/file_response.h"

#include "base/hash.h"
#include "base/text.h"
#include "exchange/core_conf.h"
#include "exchange/file_body.h"
#include "http/conditionals.h"
#include "http/ranges.h"
#include "modules/static_files/parts_body.h"

namespace static_files {
namespace {

using exchange::CoreConf;
using exchange::Exchange;
using exchange::OpenedFile;
using exchange::Verdict;
using http::Name;

std::string_view http_date(base::Arena& arena, int64_t seconds) {
  char text[32];
  return arena.copy({text, base::format_http_date(seconds, text)});
}

/// As nginx makes it, so that files answered by both have the same.
std::string_view etag_of(base::Arena& arena, const OpenedFile& file) {
  return arena.copy(fmt::format("\"{:x}-{:x}\"", static_cast<uint64_t>(file.modified), file.size));
}

http::DateMatch date_match(const CoreConf& core) {
  switch (core.if_modified_since) {
    case CoreConf::IfModifiedSince::off: return http::DateMatch::off;
    case CoreConf::IfModifiedSince::exact: return http::DateMatch::exact;
    case CoreConf::IfModifiedSince::before: return http::DateMatch::before;
  }
  return http::DateMatch::exact;
}

void set_whole(Exchange& exchange, const OpenedFile& file, std::string_view type) {
  http::Response& head = exchange.reply.head;
  head.status = 200;
  head.framing = http::Framing::length;
  head.content_length = file.size;
  if (!type.empty()) head.fields.set(Name::content_type, type);
  exchange.reply.body = std::make_unique<exchange::FileBody>(exchange.worker, file.fd, 0, file.size);
}

void set_one_range(Exchange& exchange, const OpenedFile& file, const http::ByteRange& range) {
  http::Response& head = exchange.reply.head;
  head.status = 206;
  head.content_length = range.size();
  head.fields.set(Name::content_range, exchange.arena.copy(http::content_range(range, file.size)));
  exchange.reply.body =
      std::make_unique<exchange::FileBody>(exchange.worker, file.fd, range.first, range.size());
}

void set_several_ranges(Exchange& exchange, const OpenedFile& file, std::vector<http::ByteRange> ranges,
                        std::string_view type) {
  // Nobody can put a boundary into a file that nobody can guess.
  std::string boundary = fmt::format("{:020}", base::random_seed());
  http::MultipartRanges multipart(std::move(ranges), file.size, type, boundary);
  http::Response& head = exchange.reply.head;
  head.status = 206;
  head.content_length = multipart.content_length();
  head.fields.set(Name::content_type, exchange.arena.copy(multipart.content_type()));
  exchange.reply.body = std::make_unique<PartsBody>(exchange.worker, file.fd, std::move(multipart));
}

void apply_ranges(Exchange& exchange, const OpenedFile& file, const http::Validators& validators,
                  std::string_view type) {
  const CoreConf& core = *exchange.route->core;
  http::Response& head = exchange.reply.head;
  if (core.max_ranges == 0 || exchange.request.version == http::Version::http09) return;
  head.fields.set(Name::accept_ranges, "bytes");
  std::string_view asked = exchange.request.fields.get(Name::range);
  if (asked.empty() || exchange.request.method != http::Method::get) return;
  if (!http::range_applies(exchange.request, validators, exchange.worker.clock().wall_seconds())) return;
  http::RangePlan plan = http::plan_ranges(asked, file.size, core.max_ranges);
  switch (plan.kind) {
    case http::RangeKind::whole: return;
    case http::RangeKind::single: return set_one_range(exchange, file, plan.ranges[0]);
    case http::RangeKind::multiple: return set_several_ranges(exchange, file, std::move(plan.ranges), type);
    case http::RangeKind::unsatisfiable:
      head.fields.remove(Name::content_type);
      exchange.answer(416);
      head.fields.set(Name::content_range, exchange.arena.copy(http::unsatisfied_range(file.size)));
  }
}

void answer_not_modified(Exchange& exchange) {
  http::Response& head = exchange.reply.head;
  head.status = 304;
  head.framing = http::Framing::none;
  head.content_length = 0;
  head.fields.remove(Name::content_type);
  exchange.reply.body.reset();
}

}  // namespace

Verdict answer_with_file(Exchange& exchange, const OpenedFile& file) {
  const CoreConf& core = *exchange.route->core;
  exchange::Reply& reply = exchange.reply;
  std::string_view type = core.media_type(exchange.request.path);
  reply.source = exchange::Reply::Source::local;
  reply.wants_error_page = false;
  reply.header_only = exchange.request.method == http::Method::head;
  set_whole(exchange, file, type);

  http::Validators validators;
  validators.last_modified = file.modified;
  validators.date = exchange.worker.clock().wall_seconds();
  if (core.etag) validators.etag = etag_of(exchange.arena, file);
  reply.head.fields.set(Name::last_modified, http_date(exchange.arena, file.modified));
  if (core.etag) reply.head.fields.set(Name::etag, validators.etag);
  // The page of an error is not what the request's conditions and ranges are about.
  if (exchange.page_status != 0) return Verdict::reply;

  switch (http::evaluate(exchange.request, validators, date_match(core), validators.date)) {
    case http::Condition::proceed: apply_ranges(exchange, file, validators, type); break;
    case http::Condition::not_modified: answer_not_modified(exchange); break;
    case http::Condition::precondition_failed:
      reply.head.fields.remove(Name::content_type);
      return exchange.answer(412);
  }
  return Verdict::reply;
}

}  // namespace static_files
