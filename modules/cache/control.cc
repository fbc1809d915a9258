#include "modules/cache/control.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cache/stored_head.h"
#include "cache/stored_marks.h"
#include "event/gate.h"
#include "exchange/worker.h"
#include "modules/cache/cache.h"
#include "modules/cache/explain.h"
#include "modules/cache/orders.h"
#include "modules/cache/purging.h"

namespace cache_module {

using cache::PurgeKind;
using exchange::ControlCall;
using nlohmann::json;

namespace {

constexpr size_t kSlice = 256;        // entries looked at under one lock
constexpr size_t kMostListed = 1000;  // objects in one answer

/// One zone of the configuration, open in the keeper.
struct NamedZone {
  std::string_view name;
  const ZoneConf* conf;
  OpenZone* open;
};

std::vector<NamedZone> zones_of(ControlCall& call) {
  std::vector<NamedZone> named;
  std::shared_ptr<ZoneSet> set = call.worker.parts()->find_shared<ZoneSet>(kSharedKind, "zones");
  if (!set || !call.worker.keeps(kModule)) return named;
  WorkerZones& zones = call.worker.kept<WorkerZones>(kModule);
  for (const std::shared_ptr<ZoneConf>& conf : set->zones) {
    named.push_back({conf->name, conf.get(), &zones.at(*conf)});
  }
  return named;
}

/// Bytes that are no UTF-8 (a key may hold any) are replaced.
void answer(ControlCall& call, const json& value) {
  call.answer = value.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

/// Ends with 400 and false when `key` stands there and is no text.
const std::string* text_of(const json& asked, const char* key) {
  auto found = asked.find(key);
  return found == asked.end() || !found->is_string() ? nullptr : found->get_ptr<const std::string*>();
}

bool flag_of(const ControlCall& call, const json& asked, const char* key) {
  auto found = asked.find(key);
  return call.is_set(key) || (found != asked.end() && found->is_boolean() && found->get<bool>());
}

json describe(const cache::Zone::Walked& object, int64_t now) {
  cache::StoredMarks marks = cache::read_stored_marks(object.head);
  json value = {{"key", object.key},
                {"status", object.facts.status},
                {"size", object.body_size},
                {"memory", object.footprint},
                {"age", object.facts.freshness.age(now)},
                {"ttl", object.facts.freshness.time_left(now)},
                {"last_used", object.last_used},
                {"tags", marks.tag_bytes.size() / sizeof(uint64_t)}};
  if (!marks.uri.empty()) value["url"] = marks.uri;
  return value;
}

// ---- GET /cache

event::Task<void> show_zones(ControlCall& call) {
  json zones = json::array();
  for (const NamedZone& zone : zones_of(call)) {
    cache::ZoneTotals totals = zone.open->zone.totals();
    zones.push_back({{"name", zone.name},
                     {"path", zone.conf->path},
                     {"objects", totals.objects},
                     {"bytes", totals.bytes},
                     {"memory_used", totals.memory_used},
                     {"memory_size", totals.memory_size},
                     {"capacity", totals.entries_size},
                     {"hits", totals.hits},
                     {"misses", totals.misses},
                     {"stored", totals.stored},
                     {"evicted", totals.evicted},
                     {"recoveries", totals.recoveries},
                     {"standing_purges", zone.open->orders->standing().size()}});
  }
  answer(call, {{"zones", std::move(zones)}});
  co_return;
}

// ---- GET /cache/ZONE/objects

/// The first `limit` keys behind `after` that begin with `prefix`, in order.
struct Listing {
  std::string prefix, after;
  size_t limit = 100;
  std::map<std::pair<std::string, uint64_t>, json> found;  // also by digest: variants share a key
  bool more = false;

  void take(const cache::Zone::Walked& object, int64_t now) {
    if (object.kind != cache::EntryKind::object) return;
    if (!object.key.starts_with(prefix) || object.key <= after) return;
    if (found.size() >= limit && object.key > found.rbegin()->first.first) {
      more = true;
      return;
    }
    found.emplace(std::pair(std::string(object.key), object.digest.low), describe(object, now));
    // Variants of one key are never parted, so that `after` skips none.
    while (found.size() > limit &&
           found.rbegin()->first.first !=
               std::next(found.begin(), static_cast<ptrdiff_t>(limit) - 1)->first.first) {
      found.erase(std::prev(found.end()));
      more = true;
    }
  }
};

event::Task<void> list_objects(ControlCall& call) {
  NamedZone zone{};
  for (const NamedZone& each : zones_of(call)) {
    if (each.name == call.names.front()) zone = each;
  }
  if (zone.open == nullptr) {
    call.refuse(404, "there is no such zone");
    co_return;
  }
  Listing listing;
  if (const std::string* prefix = call.find("prefix")) listing.prefix = *prefix;
  if (const std::string* after = call.find("after")) listing.after = *after;
  if (const std::string* limit = call.find("limit")) {
    std::optional<uint64_t> number = base::parse_uint(*limit);
    if (!number || *number == 0 || *number > kMostListed) {
      call.refuse(400, "limit is a number from 1 to 1000");
      co_return;
    }
    listing.limit = *number;
  }
  int64_t now = call.worker.clock().wall_seconds();
  cache::Zone::WalkPlace place;
  auto visit = [&listing, now](const cache::Zone::Walked& object) { listing.take(object, now); };
  bool more = true;
  while (more && !call.client_gone) {
    more = zone.open->zone.walk(place, kSlice, visit);
    if (more) co_await exchange::next_turn(call.worker);
  }
  json objects = json::array();
  for (auto& [key, value] : listing.found) objects.push_back(std::move(value));
  json whole = {{"zone", zone.name}, {"objects", std::move(objects)}};
  if (listing.more) whole["next"] = listing.found.rbegin()->first.first;
  answer(call, whole);
}

// ---- GET /cache/object, GET /explain

event::Task<void> show_object(ControlCall& call) {
  const std::string* url = call.find("url");
  if (url == nullptr || url->empty()) {
    call.refuse(400, "which url?");
    co_return;
  }
  json objects = json::array();
  int64_t now = call.worker.clock().wall_seconds();
  std::string refused;
  for (const NamedZone& zone : zones_of(call)) {
    if (refused.empty()) refused = explain_refusal(*zone.open, *url, now);
    auto visit = [&](const cache::Zone::Walked& object) {
      cache::StoredMarks marks = cache::read_stored_marks(object.head);
      if (object.kind != cache::EntryKind::object) return;
      if ((marks.uri.empty() ? object.key : marks.uri) != *url && object.key != *url) return;
      json value = describe(object, now);
      base::Arena arena;
      http::Fields fields(arena);
      cache::read_stored_head(object.head, fields);
      json head = json::array();
      for (const http::Field& field : fields) head.push_back({field.name, field.value});
      value["zone"] = zone.name;
      value["fields"] = std::move(head);
      value["explain"] = explain(object, standing_on(*zone.open, object), now);
      objects.push_back(std::move(value));
    };
    cache::Zone::WalkPlace place;
    bool more = true;
    while (more && !call.client_gone) {
      more = zone.open->zone.walk(place, kSlice, visit);
      if (more) co_await exchange::next_turn(call.worker);
    }
  }
  if (objects.empty()) {
    call.status = 404;
    answer(call, {{"url", *url}, {"explain", refused.empty() ? std::string(kNothingStored) : refused}});
    co_return;
  }
  json found = {{"url", *url}, {"variants", std::move(objects)}};
  if (!refused.empty()) found["not_stored"] = refused;
  answer(call, found);
}

// ---- POST /cache/purge

struct Asked {
  PurgeKind kind = PurgeKind::uri;
  std::string text;
  bool soft = false, dry_run = false, count = false;
  std::string zone;  // empty: all
};

/// What the body asks; an error says what is wrong with it.
base::Result<Asked> read_purge(const ControlCall& call) {
  json asked = json::parse(call.body.empty() ? "{}" : call.body, nullptr, false);
  if (!asked.is_object()) return base::fail("the body is not a JSON object");
  constexpr std::pair<const char*, PurgeKind> kKinds[] = {{"url", PurgeKind::uri},
                                                          {"prefix", PurgeKind::prefix},
                                                          {"regex", PurgeKind::regex},
                                                          {"tag", PurgeKind::tag}};
  for (const auto& [name, value] : asked.items()) {
    constexpr std::string_view kKnown[] = {"url",  "prefix",  "regex", "tag", "all",
                                           "soft", "dry_run", "count", "zone"};
    if (std::find(std::begin(kKnown), std::end(kKnown), name) == std::end(kKnown))
      return base::fail("\"{}\" is not known", name);
  }
  Asked result;
  int said = 0;
  for (const auto& [name, kind] : kKinds) {
    if (!asked.contains(name)) continue;
    const std::string* text = text_of(asked, name);
    if (text == nullptr || text->empty()) return base::fail("\"{}\" is no text", name);
    result.kind = kind;
    result.text = *text;
    ++said;
  }
  if (flag_of(call, asked, "all")) {
    result.kind = PurgeKind::everything;
    ++said;
  }
  if (said != 1) return base::fail("one of url, prefix, regex, tag and all is needed");
  result.soft = flag_of(call, asked, "soft");
  result.dry_run = flag_of(call, asked, "dry_run");
  result.count = flag_of(call, asked, "count");
  if (const std::string* zone = text_of(asked, "zone")) result.zone = *zone;
  return result;
}

event::Task<void> purge_one(ControlCall& call, OpenZone& open, const Asked& asked, PurgeKind kind, bool count,
                            PurgeOutcome& outcome) {
  PurgeWish wish;
  wish.dry_run = asked.dry_run;
  wish.count = count;
  wish.orders.push_back(make_order(open.zone, kind, asked.text, asked.soft));
  co_await carry_out(call.worker, open, wish, outcome);
}

/// Under the usual key a URL is found at once; only where nothing is, somebody may have stored it under
/// another key, and all is looked at.
event::Task<void> purge_zone(ControlCall& call, OpenZone& open, const Asked& asked, PurgeOutcome& outcome) {
  if (asked.kind != PurgeKind::uri) {
    co_await purge_one(call, open, asked, asked.kind, asked.count, outcome);
    co_return;
  }
  co_await purge_one(call, open, asked, PurgeKind::key, true, outcome);
  if (!outcome.done) co_return;
  bool found = outcome.count.value_or(0) != 0;
  if (found && asked.dry_run) co_return;
  PurgeOutcome others;
  co_await purge_one(call, open, asked, PurgeKind::uri, !found, others);
  if (!found) outcome.count = others.count;
  outcome.done = others.done;
}

event::Task<void> purge(ControlCall& call) {
  base::Result<Asked> asked = read_purge(call);
  if (!asked) {
    call.refuse(400, asked.error().message);
    co_return;
  }
  uint64_t count = 0;
  bool counted = true;
  bool any = false;
  for (const NamedZone& zone : zones_of(call)) {
    if (!asked->zone.empty() && asked->zone != zone.name) continue;
    any = true;
    PurgeOutcome outcome;
    co_await purge_zone(call, *zone.open, *asked, outcome);
    if (!outcome.done) {
      call.refuse(asked->kind == PurgeKind::regex ? 400 : 500, outcome.done.error().message);
      co_return;
    }
    counted = counted && outcome.count.has_value();
    count += outcome.count.value_or(0);
  }
  if (!any) {
    call.refuse(404, "there is no such zone");
    co_return;
  }
  json value = {{"in_force", !asked->dry_run}};
  if (counted) value[asked->dry_run ? "would_purge" : "purged"] = count;
  answer(call, value);
}

// ---- POST /cache/verify

event::Task<void> verify(ControlCall& call) {
  json zones = json::array();
  bool sound = true;
  for (const NamedZone& zone : zones_of(call)) {
    std::string wrong = zone.open->zone.check();
    sound = sound && wrong.empty();
    zones.push_back({{"name", zone.name}, {"sound", wrong.empty()}, {"wrong", wrong}});
    co_await exchange::next_turn(call.worker);
  }
  answer(call, {{"sound", sound}, {"zones", std::move(zones)}});
}

}  // namespace

void add_control_resources(const exchange::Module& module, exchange::Builder& builder) {
  const exchange::ControlResource resources[] = {
      {"GET", "/cache", "zones and their totals", &module, show_zones},
      {"GET", "/cache/object", "url=: all that is stored of it, and why", &module, show_object},
      {"GET", "/explain", "url=: why it is stored or not, and used or not", &module, show_object},
      {"POST", "/cache/purge", "url, prefix, regex, tag or all; soft, dry_run, count, zone", &module, purge},
      {"POST", "/cache/verify", "checks what lies in shared memory", &module, verify},
      {"GET", "/cache/*/objects", "prefix=, limit=, after=: keys in order", &module, list_objects},
  };
  for (const exchange::ControlResource& resource : resources) {
    exchange::add_control_resource(builder, resource);
  }
}

}  // namespace cache_module
