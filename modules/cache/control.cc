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
#include "modules/cache/walk.h"

namespace cache_module {

using cache::PurgeKind;
using exchange::ControlCall;
using nlohmann::json;

namespace {

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
                {"disk", object.location != 0},
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
  WalkLimits limits;
  limits.goes_on = [&call] { return !call.client_gone; };
  std::function<void(const cache::Zone::Walked&)> visit = [&listing, now](const cache::Zone::Walked& object) {
    listing.take(object, now);
  };
  for (bool more = true; more;) {
    more = co_await walk_slice(call.worker, *zone.open, place, limits, visit);
  }
  json objects = json::array();
  for (auto& [key, value] : listing.found) objects.push_back(std::move(value));
  json whole = {{"zone", zone.name}, {"objects", std::move(objects)}};
  if (listing.more) whole["next"] = listing.found.rbegin()->first.first;
  answer(call, whole);
}

// ---- GET /cache/object, GET /explain

/// Where what is stored under a key lies: itself, or its variants as far as they are remembered.
std::vector<base::Digest> places_of(OpenZone& open, const std::string& key) {
  base::Digest digest = open.zone.digest(key);
  std::vector<base::Digest> places = {digest};
  cache::Zone::Copy marker = open.zone.copy(digest, 0);
  uint64_t salt = 0;
  if (marker.kind != cache::EntryKind::marker || marker.head.size() < sizeof salt || !open.notes)
    return places;
  std::memcpy(&salt, marker.head.data(), sizeof salt);
  return open.notes->variants(salted(digest, salt));
}

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
    std::function<void(const cache::Zone::Walked&)> visit = [&](const cache::Zone::Walked& object) {
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
    WalkLimits limits;
    limits.goes_on = [&call] { return !call.client_gone; };
    // On the disk it is found by its key at once; all of the disk is read only where that is asked for.
    limits.on_disk = call.is_set("all");
    for (bool more = true; more;) {
      more = co_await walk_slice(call.worker, *zone.open, place, limits, visit);
    }
    if (limits.on_disk || !zone.open->tiers) continue;
    for (const base::Digest& digest : places_of(*zone.open, *url)) {
      cache::Zone::Location there = zone.open->zone.location_of(digest);
      if (there.location == 0 || there.in_memory) continue;
      bool shown = co_await visit_on_disk(*zone.open, digest, there.location, 0, visit);
      (void)shown;
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
  wish.count_on_disk = asked.count || (asked.dry_run && kind != PurgeKind::uri);
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

// ---- GET /cache/export

/// The place behind which a walk goes on: "shard.entry".
bool read_place(const std::string* text, cache::Zone::WalkPlace& place) {
  if (text == nullptr || text->empty()) return true;
  size_t dot = text->find('.');
  if (dot == std::string::npos) return false;
  std::optional<uint64_t> shard = base::parse_uint(std::string_view(*text).substr(0, dot));
  std::optional<uint64_t> entry = base::parse_uint(std::string_view(*text).substr(dot + 1));
  if (!shard || !entry || *shard > UINT32_MAX || *entry > UINT32_MAX) return false;
  place = {static_cast<uint32_t>(*shard), static_cast<uint32_t>(*entry)};
  return true;
}

/// A part of a zone, one object a line, as it lies in the index: each part costs what it holds. The last line
/// says where the next begins.
event::Task<void> export_objects(ControlCall& call) {
  const std::string* name = call.find("zone");
  NamedZone zone{};
  for (const NamedZone& each : zones_of(call)) {
    if (name == nullptr || each.name == *name) zone = zone.open == nullptr ? each : zone;
  }
  if (zone.open == nullptr) {
    call.refuse(404, "there is no such zone");
    co_return;
  }
  cache::Zone::WalkPlace place;
  if (!read_place(call.find("cursor"), place)) {
    call.refuse(400, "no such cursor");
    co_return;
  }
  const std::string* prefix = call.find("prefix");
  int64_t now = call.worker.clock().wall_seconds();
  size_t count = 0;
  WalkLimits limits;
  limits.goes_on = [&call] { return !call.client_gone; };
  std::function<void(const cache::Zone::Walked&)> visit = [&](const cache::Zone::Walked& object) {
    if (object.kind != cache::EntryKind::object) return;
    if (prefix != nullptr && !object.key.starts_with(*prefix)) return;
    call.answer += describe(object, now).dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
    ++count;
  };
  bool more = true;
  while (more && count < kMostListed) {
    more = co_await walk_slice(call.worker, *zone.open, place, limits, visit);
  }
  call.content_type = "application/x-ndjson";
  if (more) call.answer += fmt::format("{{\"next\": \"{}.{}\"}}\n", place.shard, place.entry);
}

// ---- /cache/warm

Warmer& warmer_of(ControlCall& call) { return *call.worker.kept<OpenOrders>(call.module).warmer; }

event::Task<void> show_warming(ControlCall& call) {
  Warmer::Progress progress = warmer_of(call).progress();
  answer(call, {{"total", progress.total},
                {"done", progress.done},
                {"failed", progress.failed},
                {"running", progress.running},
                {"last_error", progress.last_error}});
  co_return;
}

/// {"urls": […]} or {"list": "lines"}, "rate", "at", "base".
event::Task<void> begin_warming(ControlCall& call) {
  json asked = json::parse(call.body, nullptr, false);
  if (!asked.is_object()) {
    call.refuse(400, "the body is not a JSON object");
    co_return;
  }
  const std::string* text = text_of(asked, "list");
  std::string lines = text != nullptr ? *text : std::string();
  if (auto urls = asked.find("urls"); urls != asked.end() && urls->is_array()) {
    for (const json& url : *urls) {
      if (url.is_string()) lines += url.get<std::string>() + "\n";
    }
  }
  const std::string* base = text_of(asked, "base");
  WarmList list = read_warm_list(lines, base != nullptr ? std::string_view(*base) : std::string_view());
  double rate = Warmer::kUsualRate;
  if (auto said = asked.find("rate"); said != asked.end()) rate = said->is_number() ? said->get<double>() : 0;
  net::Address at;
  std::string wrong;
  if (const std::string* place = text_of(asked, "at")) {
    base::Result<net::Address> parsed = parse_place(*place);
    if (parsed) at = *parsed;
    if (!parsed) wrong = parsed.error().message;
  }
  if (!(rate > 0)) wrong = "rate is a number above 0";
  if (wrong.empty() && list.urls.empty()) wrong = "there is no http URL in it";
  size_t count = list.urls.size();
  if (wrong.empty()) {
    base::Result<void> added = warmer_of(call).add(std::move(list.urls), rate, at);
    if (!added) wrong = added.error().message;
  }
  if (!wrong.empty()) {
    call.refuse(400, wrong);
    co_return;
  }
  call.status = 202;
  answer(call, {{"urls", count}, {"skipped", list.skipped}});
}

event::Task<void> stop_warming(ControlCall& call) {
  warmer_of(call).stop();
  co_await show_warming(call);
}

// ---- POST /cache/verify

/// The number a parameter has; `otherwise` where it is not there, nothing where it is none.
std::optional<uint64_t> number_of(const ControlCall& call, std::string_view name, uint64_t otherwise) {
  const std::string* text = call.find(name);
  return text == nullptr ? otherwise : base::parse_uint(*text);
}

/// Reads `count` regions from `first` on through.
event::Task<void> verify_disk(ControlCall& call, cache::DiskStore& store, uint64_t first, uint64_t count,
                              json& zone) {
  uint64_t regions = store.volume().regions().count();
  uint64_t objects = 0, damaged = 0, torn = 0;
  uint64_t at = first;
  for (; at < regions && at - first < count && !call.client_gone; ++at) {
    cache::DiskStore::Checked checked = co_await store.check(static_cast<uint32_t>(at));
    objects += checked.objects;
    (checked.whole ? damaged : torn) += checked.damaged;
  }
  zone["disk"] = {{"regions", regions}, {"objects", objects}, {"damaged", damaged}, {"torn", torn}};
  if (at < regions) zone["disk"]["next"] = at;
  if (damaged == 0) co_return;
  zone["sound"] = false;
  zone["wrong"] = fmt::format("{} damaged records on the disk; they are not used", damaged);
}

event::Task<void> verify(ControlCall& call) {
  std::optional<uint64_t> first = number_of(call, "from", 0);
  std::optional<uint64_t> count = number_of(call, "regions", UINT64_MAX);
  if (!first || !count) {
    call.refuse(400, "from and regions are numbers");
    co_return;
  }
  const std::string* only = call.find("zone");
  json zones = json::array();
  bool sound = true;
  for (const NamedZone& zone : zones_of(call)) {
    if (only != nullptr && *only != zone.name) continue;
    std::string wrong = zone.open->zone.check();
    json value = {{"name", zone.name}, {"sound", wrong.empty()}, {"wrong", wrong}};
    if (zone.open->tiers) {
      cache::DiskStore& store = zone.open->tiers->store();
      co_await verify_disk(call, store, *first, *count, value);
    }
    sound = sound && value["sound"].get<bool>();
    zones.push_back(std::move(value));
    co_await exchange::next_turn(call.worker);
  }
  answer(call, {{"sound", sound}, {"zones", std::move(zones)}});
}

}  // namespace

void add_control_resources(const exchange::Module& module, exchange::Builder& builder) {
  const exchange::ControlResource resources[] = {
      {"GET", "/cache", "zones and their totals", &module, show_zones},
      {"GET", "/cache/object", "url=: all that is stored of it, and why; all=1 reads the whole disk", &module,
       show_object},
      {"GET", "/explain", "url=: why it is stored or not, and used or not", &module, show_object},
      {"POST", "/cache/purge", "url, prefix, regex, tag or all; soft, dry_run, count, zone", &module, purge},
      {"POST", "/cache/verify",
       "zone=, from=, regions=: checks what lies in memory and, every byte, on the disk", &module, verify},
      {"GET", "/cache/export", "zone=, prefix=, cursor=: objects, one a line, memory and disk", &module,
       export_objects},
      {"POST", "/cache/warm", "urls or list, rate, at, base: asks for them so that they are stored", &module,
       begin_warming},
      {"GET", "/cache/warm", "how far warming has come", &module, show_warming},
      {"DELETE", "/cache/warm", "forgets what still waits to be warmed", &module, stop_warming},
      {"GET", "/cache/*/objects", "prefix=, limit=, after=: keys in order", &module, list_objects},
  };
  for (const exchange::ControlResource& resource : resources) {
    exchange::add_control_resource(builder, resource);
  }
}

}  // namespace cache_module
