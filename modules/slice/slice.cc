#include "modules/slice/slice.h"

#include "base/text.h"
#include "conf/setters.h"
#include "exchange/builder.h"
#include "exchange/content.h"
#include "exchange/exchange.h"
#include "modules/slice/parts_body.h"

namespace slice {

using exchange::Exchange;
using exchange::Value;
using http::Name;

namespace {

struct SliceConf {
  uint64_t size = 0;  ///< 0: off
  static const conf::Section kSection;
};

/// Per exchange: where it was $slice_range that chose Origin::part.
struct SliceState {
  const exchange::Route* route;
};

const conf::Row kRows[] = {
    {.name = "slice",
     .contexts = conf::kHttpServerLocation,
     .syntax = "size",
     .default_text = "0",
     .help = "Large answers are fetched and stored in parts of this size: with \"proxy_set_header Range "
             "$slice_range\" and $slice_range in proxy_cache_key. 0: off.",
     .set = conf::set_size<&SliceConf::size>},
};

std::string is_active(const void* conf, const exchange::Route&) {
  uint64_t size = static_cast<const SliceConf*>(conf)->size;
  return size != 0 ? fmt::format("slice is {}", size) : std::string();
}

/// Where the client's Range begins, as far as that can be told without the size of the whole; 0 otherwise.
uint64_t first_wanted(const http::Request& request) {
  std::string_view range = request.fields.get(Name::range);
  if (request.fields.has(Name::if_range) || !base::starts_ignoring_case(range, "bytes=")) return 0;
  range.remove_prefix(6);
  return base::parse_uint(base::trim(range.substr(0, range.find('-')))).value_or(0);
}

Value slice_range(Exchange& exchange, std::string_view, const void*) {
  SliceState& state = exchange.state<SliceState>(kModule);
  std::optional<exchange::OriginPart>& part = exchange.origin.part;
  bool is_given = part && state.route == nullptr;  // the exchange fetches one part for another exchange
  if (!is_given && (!part || state.route != exchange.route)) {
    part.reset();
    const auto* conf = static_cast<const SliceConf*>(exchange.route->find(SliceConf::kSection));
    http::Method method = exchange.request.method;
    bool reads = method == http::Method::get || method == http::Method::head;
    bool is_late = exchange.reply.source != exchange::Reply::Source::none;
    if (conf == nullptr || conf->size == 0 || !reads || is_late) return Value::none();
    uint64_t first = first_wanted(exchange.request) / conf->size * conf->size;
    if (first > UINT64_MAX - conf->size) first = 0;
    part = exchange::OriginPart{first, first + conf->size - 1};
    state.route = exchange.route;
  }
  return {exchange.arena.copy(fmt::format("bytes={}-{}", part->first, part->last))};
}

/// What came cannot be the part that was asked for.
void refuse(Exchange& exchange, std::string_view why) {
  exchange.log(base::LogLevel::error, "{}", why);
  exchange.reply.head.fields.clear();
  exchange.answer(502);
}

/// The head of one part becomes that of the whole, and the body what the client wants of it.
void put_together(Exchange& exchange, uint64_t part_size) {
  http::Response& head = exchange.reply.head;
  http::ByteRange range;
  base::Result<Representation> representation = read_part(head, range);
  if (!representation) return refuse(exchange, representation.error().message);
  uint64_t size = representation->size;
  uint64_t first = exchange.origin.part->first;
  if (first >= size || range != part_at(first, part_size, size)) {
    return refuse(exchange, "unexpected range in slice response");
  }
  head.status = 200;
  head.reason = {};
  head.fields.remove(Name::content_range);
  head.fields.remove(Name::accept_ranges);
  head.framing = http::Framing::length;
  head.content_length = size;
  // As nginx: one range at most; who asks for more gets the whole.
  exchange::Content content = exchange::select_content(exchange, size, 1);
  http::BodyPtr part = std::move(exchange.reply.body);
  if (content.kind == exchange::Content::Kind::nothing || exchange.reply.header_only) return;
  http::ByteRange wanted{0, size - 1};
  if (content.kind == exchange::Content::Kind::part) wanted = content.plan.ranges.front();
  auto body = std::make_unique<PartsBody>(exchange, part_size, std::move(*representation), wanted);
  body->begin_with(range, std::move(part));
  exchange.reply.body = std::move(body);
}

/// The origin gave the whole at once.
void cut_whole(Exchange& exchange) {
  http::Response& head = exchange.reply.head;
  std::optional<uint64_t> size;
  if (head.framing == http::Framing::length) size = head.content_length;
  exchange::Content content = exchange::select_content(exchange, size);
  exchange.reply.body =
      exchange::cut_content(exchange, std::move(content), size.value_or(0), std::move(exchange.reply.body));
}

void on_response(const exchange::Call& call) {
  Exchange& exchange = call.exchange;
  const SliceState& state = exchange.state<SliceState>(call.module);
  using Source = exchange::Reply::Source;
  bool is_answer = exchange.reply.source == Source::origin || exchange.reply.source == Source::cache;
  if (!is_answer || state.route != exchange.route || !exchange.origin.part) return;
  if (exchange.reply.head.status == 206) {
    put_together(exchange, call.conf_as<SliceConf>().size);
  } else {
    cut_whole(exchange);
  }
}

void add_variables(exchange::Builder& builder) { builder.variables().define("slice_range", slice_range); }

}  // namespace

const conf::Section SliceConf::kSection = conf::section<SliceConf>("slice", kRows);

const exchange::Module kModule = {
    .name = "slice",
    .priority = exchange::priority::cache - 1,  // the cache sees each part as it is
    .section = &SliceConf::kSection,
    .state_size = sizeof(SliceState),
    .active = is_active,
    .on_response = on_response,
    .add_variables = add_variables,
};

}  // namespace slice
