#include "modules/cache/conf.h"

#include <algorithm>

#include "base/text.h"
#include "base/units.h"
#include "cache/disk_geometry.h"
#include "cache/use_counts.h"
#include "conf/setters.h"
#include "exchange/setters.h"
#include "http/syntax.h"
#include "modules/cache/warmer.h"

namespace cache_module {

namespace {

using Result = base::Result<void>;

constexpr uint64_t kDefaultMemory = 64 << 20;
constexpr uint64_t kDefaultMaxSize = uint64_t{10} << 30;
// Without max_size nobody has said how much of the disk is ours: this much stays free.
constexpr uint64_t kDefaultMinFree = uint64_t{1} << 30;

std::shared_ptr<ZoneConf> zone_named(std::string_view name, exchange::Builder& builder) {
  return builder.shared<ZoneConf>("cache zone", name, [name] {
    auto zone = std::make_shared<ZoneConf>();
    zone->name = name;
    return zone;
  });
}

bool same_place(const conf::Position& a, const conf::Position& b) {
  return a.file == b.file && a.line == b.line && a.column == b.column;
}

// ---- proxy_cache_path

struct PathOptions {
  std::string_view zone_name;
  uint64_t keys_size = 0;
  uint64_t memory_size = 0;
  uint64_t max_size = 0;
  std::optional<uint64_t> min_free;
  bool on_disk = true;
  uint32_t inactive = 600;
};

Result set_zone_option(PathOptions& options, std::string_view value) {
  size_t colon = value.rfind(':');
  if (colon == std::string_view::npos || colon == 0)
    return base::fail("keys_zone \"{}\" is not name:size", value);
  base::Result<uint64_t> size = base::parse_size(value.substr(colon + 1));
  if (!size) return tl::unexpected(size.error());
  if (*size < cache::kLeastKeys)
    return base::fail("keys_zone \"{}\" is too small, it needs at least 32k", value);
  options.zone_name = value.substr(0, colon);
  options.keys_size = *size;
  return {};
}

Result set_size_option(uint64_t& member, std::string_view value) {
  base::Result<uint64_t> size = base::parse_size(value);
  if (!size) return tl::unexpected(size.error());
  if (*size == 0) return base::fail("a size of 0 makes no sense here");
  member = *size;
  return {};
}

Result check_levels(std::string_view value) {
  size_t count = 0;
  bool sound = true;
  base::split(value, ':', [&](std::string_view level) {
    sound = sound && (level == "1" || level == "2");
    ++count;
  });
  if (!sound || count == 0 || count > 3) return base::fail("invalid levels \"{}\"", value);
  return {};
}

/// Options of nginx that mean nothing for a store in one file; their values must be well-formed all the same.
Result check_accepted(std::string_view name, std::string_view value) {
  if (name == "levels") return check_levels(value);
  if (name == "use_temp_path" || name == "purger") {
    base::Result<bool> flag = conf::detail::parse_flag(value);
    return flag ? Result() : tl::unexpected(flag.error());
  }
  size_t underscore = name.find('_');
  std::string_view who = name.substr(0, underscore);
  std::string_view what = underscore == std::string_view::npos ? "" : name.substr(underscore + 1);
  bool known = who == "loader" || who == "manager" || who == "purger";
  if (known && what == "files") {
    base::Result<int64_t> number = conf::detail::parse_number(value);
    return number ? Result() : tl::unexpected(number.error());
  }
  if (known && (what == "sleep" || what == "threshold")) {
    base::Result<base::Duration> time = base::parse_duration(value);
    return time ? Result() : tl::unexpected(time.error());
  }
  return base::fail("invalid parameter \"{}={}\"", name, value);
}

Result set_option(PathOptions& options, std::string_view name, std::string_view value) {
  if (name == "keys_zone") return set_zone_option(options, value);
  if (name == "memory") return set_size_option(options.memory_size, value);
  if (name == "max_size") return set_size_option(options.max_size, value);
  if (name == "min_free") {
    base::Result<uint64_t> size = base::parse_size(value);
    if (!size) return tl::unexpected(size.error());
    options.min_free = *size;
    return {};
  }
  if (name == "disk") {
    base::Result<bool> flag = conf::detail::parse_flag(value);
    if (!flag) return tl::unexpected(flag.error());
    options.on_disk = *flag;
    return {};
  }
  if (name != "inactive") return check_accepted(name, value);
  base::Result<base::Duration> time = base::parse_duration(value);
  if (!time) return tl::unexpected(time.error());
  options.inactive = static_cast<uint32_t>(std::clamp<int64_t>(time->count() / 1000, 1, UINT32_MAX));
  return {};
}

// Called for every route that inherits the line: only the first time it defines a zone.
Result set_path(void*, const conf::Directive& directive, conf::Site& site) {
  exchange::Builder& builder = exchange::builder_of(site);
  PathOptions options;
  for (size_t i = 1; i < directive.args.size(); ++i) {
    std::string_view word = directive.arg(i);
    size_t equals = word.find('=');
    if (equals == std::string_view::npos) return base::fail("invalid parameter \"{}\"", word);
    Result set = set_option(options, word.substr(0, equals), word.substr(equals + 1));
    if (!set) return set;
  }
  if (options.zone_name.empty()) return base::fail("it must have a \"keys_zone\" parameter");
  std::shared_ptr<ZoneConf> zone = zone_named(options.zone_name, builder);
  if (zone->defined && same_place(zone->at, directive.name.at)) return {};
  if (zone->defined) return base::fail("duplicate zone \"{}\"", options.zone_name);
  zone->defined = true;
  zone->at = directive.name.at;
  zone->path = site.full_path(directive.arg(0));
  zone->keys_size = options.keys_size;
  uint64_t without = options.max_size == 0 ? kDefaultMemory : std::min(options.max_size, kDefaultMemory);
  zone->memory_size = options.memory_size != 0 ? options.memory_size : without;
  zone->inactive = options.inactive;
  if (options.on_disk && options.max_size != 0 && options.max_size < cache::DiskGeometry::kLeastSize) {
    return base::fail("max_size is too small for a store on disk, it needs at least 1m (or \"disk=off\")");
  }
  zone->on_disk = options.on_disk;
  zone->max_size = options.max_size != 0 ? options.max_size : kDefaultMaxSize;
  zone->min_free = options.min_free.value_or(options.max_size != 0 ? 0 : kDefaultMinFree);
  for (const std::shared_ptr<ZoneConf>& other : zones(builder).zones) {
    if (other->path == zone->path && other->on_disk && zone->on_disk)
      return base::fail("the zones \"{}\" and \"{}\" cannot share the path \"{}\"", other->name, zone->name,
                        zone->path);
  }
  zone->shape = cache::ZoneShape::of(zone->keys_size, zone->memory_size);
  ZoneSet& all = zones(builder);
  zone->index = all.zones.size();
  all.zones.push_back(zone);
  builder.need_folder(zone->path);
  return {};
}

// ---- the directives of a route

Result set_cache(void* section, const conf::Directive& directive, conf::Site& site) {
  CacheConf& conf = *static_cast<CacheConf*>(section);
  std::string_view name = directive.arg(0);
  if (name == "off") {
    conf.zone.reset();
    return {};
  }
  if (name.find('$') != std::string_view::npos)
    return base::fail("variables in the zone's name are not built yet");
  exchange::Builder& builder = exchange::builder_of(site);
  std::shared_ptr<ZoneConf> zone = zone_named(name, builder);
  conf.zone = zone;
  builder.later(directive.args[0].at, [zone]() -> Result {
    if (!zone->defined) return base::fail("\"proxy_cache\" zone \"{}\" is unknown", zone->name);
    return {};
  });
  return {};
}

Result add_valid(void* section, const conf::Directive& directive, conf::Site&) {
  CacheConf& conf = *static_cast<CacheConf*>(section);
  size_t last = directive.args.size() - 1;
  base::Result<base::Duration> time = base::parse_duration(directive.arg(last));
  if (!time) return tl::unexpected(time.error());
  int64_t seconds = std::min<int64_t>(time->count() / 1000, http::kMaxDeltaSeconds);
  auto add = [&](int status) { conf.rules.valid.push_back({status, static_cast<uint32_t>(seconds)}); };
  if (last == 0) {
    for (int status : {200, 301, 302}) add(status);
    return {};
  }
  for (size_t i = 0; i < last; ++i) {
    if (directive.arg(i) == "any") {
      add(0);
      continue;
    }
    std::optional<uint64_t> status = base::parse_uint(directive.arg(i));
    if (!status || *status < 100 || *status > 599)
      return base::fail("invalid status \"{}\"", directive.arg(i));
    add(static_cast<int>(*status));
  }
  return {};
}

Result set_methods(void* section, const conf::Directive& directive, conf::Site&) {
  CacheConf& conf = *static_cast<CacheConf*>(section);
  conf.caches_post = false;
  for (const conf::Word& word : directive.args) {
    if (word.text == "POST") {
      conf.caches_post = true;
    } else if (word.text != "GET" && word.text != "HEAD") {
      return base::fail("invalid value \"{}\", it must be one of GET, HEAD, POST", word.text);
    }
  }
  return {};
}

struct StaleWord {
  std::string_view word;
  uint32_t when;
};
constexpr StaleWord kStaleWords[] = {
    {"error", kStaleError},       {"timeout", kStaleTimeout}, {"invalid_header", kStaleInvalid},
    {"updating", kStaleUpdating}, {"http_500", kStale500},    {"http_502", kStale502},
    {"http_503", kStale503},      {"http_504", kStale504},    {"http_403", kStale403},
    {"http_404", kStale404},      {"http_429", kStale429},
};

Result set_use_stale(void* section, const conf::Directive& directive, conf::Site&) {
  CacheConf& conf = *static_cast<CacheConf*>(section);
  conf.use_stale = 0;
  bool off = false;
  for (const conf::Word& word : directive.args) {
    const StaleWord* known = std::ranges::find(kStaleWords, word.text, &StaleWord::word);
    off = off || word.text == "off";
    if (known != std::end(kStaleWords)) {
      conf.use_stale |= known->when;
    } else if (word.text != "off") {
      return base::fail("invalid value \"{}\"", word.text);
    }
  }
  if (off) conf.use_stale = 0;
  return {};
}

Result set_targets(void* section, const conf::Directive& directive, conf::Site&) {
  CacheConf& conf = *static_cast<CacheConf*>(section);
  conf.rules.targets.clear();
  if (directive.args.size() == 1 && directive.arg(0) == "off") return {};
  for (const conf::Word& word : directive.args) {
    if (!http::is_token(word.text)) return base::fail("\"{}\" is not the name of a field", word.text);
    conf.rules.targets.push_back(word.text);
  }
  return {};
}

Result set_revalidate(void* section, const conf::Directive& directive, conf::Site&) {
  base::Result<bool> flag = conf::detail::parse_flag(directive.arg(0));
  if (!flag) return tl::unexpected(flag.error());
  static_cast<CacheConf*>(section)->rules.revalidates = *flag;
  return {};
}

Result set_range_offset(void* section, const conf::Directive& directive, conf::Site&) {
  base::Result<uint64_t> size = base::parse_size(directive.arg(0));
  if (!size) return tl::unexpected(size.error());
  static_cast<CacheConf*>(section)->max_range_offset = *size;
  return {};
}

// Called for every route that inherits the line.
Result add_warm(void*, const conf::Directive& directive, conf::Site& site) {
  WarmFile file;
  file.path = site.full_path(directive.arg(0));
  file.rate = Warmer::kUsualRate;
  for (size_t i = 1; i < directive.args.size(); ++i) {
    std::string_view word = directive.arg(i);
    std::string_view value = word.substr(std::min(word.size(), word.find('=') + 1));
    if (word.starts_with("rate=")) {
      base::Result<double> rate = parse_rate(value);
      if (!rate) return tl::unexpected(rate.error());
      file.rate = *rate;
    } else if (word.starts_with("at=")) {
      base::Result<net::Address> place = parse_place(value);
      if (!place) return tl::unexpected(place.error());
      file.at = *place;
    } else if (word.starts_with("base=http://")) {
      file.base = value;
    } else {
      return base::fail("invalid parameter \"{}\"", word);
    }
  }
  WarmSet& set = *exchange::builder_of(site).shared<WarmSet>(kSharedKind, "warm",
                                                             [] { return std::make_shared<WarmSet>(); });
  for (const WarmFile& other : set.files) {
    if (other.path == file.path && other.base == file.base) return {};
  }
  set.files.push_back(std::move(file));
  return {};
}

Result set_status(void* section, const conf::Directive& directive, conf::Site&) {
  CacheConf& conf = *static_cast<CacheConf*>(section);
  conf.tells_key = directive.arg(0) == "key";
  if (conf.tells_key) {
    conf.tells_status = true;
    return {};
  }
  base::Result<bool> flag = conf::detail::parse_flag(directive.arg(0));
  if (!flag)
    return base::fail("invalid value \"{}\", it must be \"on\", \"off\" or \"key\"", directive.arg(0));
  conf.tells_status = *flag;
  return {};
}

Result set_min_uses(void* section, const conf::Directive& directive, conf::Site&) {
  std::optional<uint64_t> number = base::parse_uint(directive.arg(0));
  if (!number || *number > cache::UseCounts::kMost)
    return base::fail("invalid number \"{}\": 0 to {}", directive.arg(0), cache::UseCounts::kMost);
  static_cast<CacheConf*>(section)->min_uses = static_cast<uint32_t>(*number);
  return {};
}

const conf::Row kRows[] = {
    {.name = "proxy_cache_path",
     .contexts = conf::kHttp,
     .syntax =
         "path keys_zone=name:size [memory=size] [max_size=size] [min_free=size] [disk=on|off] "
         "[inactive=time] [levels=levels] [use_temp_path=on|off] [manager_files=number] [manager_sleep=time] "
         "[manager_threshold=time] [loader_files=number] [loader_sleep=time] [loader_threshold=time] "
         "[purger=on|off] [purger_files=number] [purger_sleep=time] [purger_threshold=time]",
     .min_args = 2,
     .max_args = conf::Row::kAny,
     .help =
         "A cache that all workers share, in memory and on disk. keys_zone names it and bounds its index (64 "
         "bytes an object); memory bounds what objects occupy in memory (without it max_size, at most 64m). "
         "Under path lies a store of at most max_size (10g) bytes that leaves min_free bytes to others (0; "
         "1g where max_size is not given) and survives restarts; disk=off keeps objects in memory only. The "
         "other parameters are checked and change nothing. What nobody asks for during inactive (10m) is "
         "removed, fresh or not.",
     .set = set_path,
     .repeat = true},
    {.name = "proxy_cache_warm",
     .contexts = conf::kHttp,
     .syntax = "file [rate=number] [at=address:port] [base=url]",
     .max_args = 4,
     .help =
         "At every start and after every reload the URLs in the file are asked for, at most rate (100) a "
         "second, so that they are stored when clients come. A line of the file is an http URL, a line of "
         "proxycachectl cache export, or one of an access log in the combined format, whose targets follow "
         "base (http://example.com). Asked is this server itself, at the URL's port of 127.0.0.1 or at the "
         "address given. What is fresh already costs the origin nothing.",
     .set = add_warm,
     .repeat = true},
    {.name = "proxy_cache",
     .contexts = conf::kHttpServerLocation,
     .syntax = "zone | off",
     .default_text = "off",
     .help = "Which cache answers and stores here.",
     .set = set_cache},
    {.name = "proxy_cache_key",
     .contexts = conf::kHttpServerLocation,
     .syntax = "string",
     .nginx_default = "$scheme$proxy_host$request_uri",
     .help = "What makes two requests ask for the same thing. Without it: the request's scheme, host with "
             "its port, "
             "and target.",
     .set = exchange::set_template<&CacheConf::key>},
    {.name = "proxy_cache_valid",
     .contexts = conf::kHttpServerLocation,
     .syntax = "[code ...] time",
     .max_args = conf::Row::kAny,
     .help = "How long responses live that say nothing about it themselves (Cache-Control, Expires, "
             "X-Accel-Expires, which takes the place of all that Cache-Control and Expires say; beside it "
             "only what "
             "protects a client holds: Authorization, Set-Cookie, Vary: * and the request's no-store). "
             "Without codes: 200, 301 and 302; any: all others.",
     .set = add_valid,
     .repeat = true},
    {.name = "proxy_cache_methods",
     .contexts = conf::kHttpServerLocation,
     .syntax = "GET | HEAD | POST ...",
     .max_args = 3,
     .default_text = "GET HEAD",
     .help = "Requests with these methods are answered from the cache and stored. GET and HEAD always are.",
     .set = set_methods},
    {.name = "proxy_cache_min_uses",
     .contexts = conf::kHttpServerLocation,
     .syntax = "number",
     .default_text = "1",
     .help =
         "A response is stored when it is asked for that often, by all clients of all workers; a key that "
         "nobody asks for during inactive is counted anew. At most 1023.",
     .set = set_min_uses},
    {.name = "proxy_cache_bypass",
     .contexts = conf::kHttpServerLocation,
     .syntax = "string ...",
     .max_args = conf::Row::kAny,
     .help = "Where one of the strings is neither empty nor 0, the origin is asked although the cache could "
             "answer.",
     .set = exchange::add_templates<&CacheConf::bypass>,
     .repeat = true},
    {.name = "proxy_cache_lock",
     .contexts = conf::kHttpServerLocation,
     .syntax = "on | off",
     .default_text = "on",
     .nginx_default = "off",
     .help = "One request at a time fetches what is not stored; the others, in any worker, wait for its "
             "response head and read the body while it comes. Off: each fetches for itself until there is a "
             "body to read.",
     .set = conf::set_flag<&CacheConf::locks>},
    {.name = "proxy_cache_lock_timeout",
     .contexts = conf::kHttpServerLocation,
     .syntax = "time",
     .default_text = "5s",
     .help = "How long a request waits for another's response head; then it asks the origin itself, and what "
             "it gets is not stored.",
     .set = conf::set_time<&CacheConf::lock_timeout>},
    {.name = "proxy_cache_lock_age",
     .contexts = conf::kHttpServerLocation,
     .syntax = "time",
     .default_text = "5s",
     .help = "When the response head has not come for so long, one more request asks the origin.",
     .set = conf::set_time<&CacheConf::lock_age>},
    {.name = "proxy_no_cache",
     .contexts = conf::kHttpServerLocation,
     .syntax = "string ...",
     .max_args = conf::Row::kAny,
     .help = "Where one of the strings is neither empty nor 0, the response is not stored.",
     .set = exchange::add_templates<&CacheConf::no_cache>,
     .repeat = true},
    {.name = "proxy_cache_revalidate",
     .contexts = conf::kHttpServerLocation,
     .syntax = "on | off",
     .default_text = "on",
     .nginx_default = "off",
     .help = "Asks the origin whether a stored response is still current (If-None-Match, If-Modified-Since) "
             "instead of for the whole again. Then also responses are stored that must be validated before "
             "every use.",
     .set = set_revalidate},
    {.name = "proxy_cache_use_stale",
     .contexts = conf::kHttpServerLocation,
     .syntax = "error | timeout | invalid_header | updating | http_500 | http_502 | http_503 | http_504 | "
               "http_403 | http_404 | http_429 | off ...",
     .max_args = conf::Row::kAny,
     .default_text = "error timeout invalid_header http_500 http_502 http_503 http_504",
     .nginx_default = "off",
     .help = "When a stale response is given because the origin fails; updating: while it is being fetched "
             "anew. A response that says must-revalidate, proxy-revalidate or no-cache is never used stale; "
             "what one says with stale-if-error and stale-while-revalidate holds besides.",
     .set = set_use_stale},
    {.name = "proxy_cache_background_update",
     .contexts = conf::kHttpServerLocation,
     .syntax = "on | off",
     .default_text = "on",
     .nginx_default = "off",
     .help = "A response that may be used while it is validated (stale-while-revalidate, or "
             "proxy_cache_use_stale updating) is given at once, and the origin is asked in the background.",
     .set = conf::set_flag<&CacheConf::updates_in_background>},
    {.name = "proxy_cache_convert_head",
     .contexts = conf::kHttpServerLocation,
     .syntax = "on | off",
     .default_text = "on",
     .help = "A HEAD that the cache cannot answer is asked as GET, and stored. Off: it is passed on; what "
             "is stored goes when it says that that is old.",
     .set = conf::set_flag<&CacheConf::converts_head>},
    {.name = "proxy_cache_max_range_offset",
     .contexts = conf::kHttpServerLocation,
     .syntax = "number",
     .help = "A range that begins behind this offset, and is not stored, is passed to the origin; what comes "
             "is stored as a piece where it has a strong ETag, and joined with the pieces next to it.",
     .set = set_range_offset},
    {.name = "proxy_cache_target",
     .contexts = conf::kHttpServerLocation,
     .syntax = "field ... | off",
     .max_args = conf::Row::kAny,
     .default_text = "CDN-Cache-Control",
     .nginx_default = "off",
     .help = "Response fields whose directives take the place of Cache-Control and Expires here (RFC 9213), "
             "the first that is there and sound.",
     .set = set_targets},
    {.name = "proxy_cache_status",
     .contexts = conf::kHttpServerLocation,
     .syntax = "on | off | key",
     .default_text = "on",
     .nginx_default = "off",
     .help =
         "Whether responses say what the cache did: Cache-Status (RFC 9211) and X-Cache. key: Cache-Status "
         "names the key as well, which may hold what the client should not see.",
     .set = set_status},
};

Result finish(void* section, conf::Site& site) {
  static_cast<CacheConf*>(section)->heeds_request = !site.compat;
  return {};
}

}  // namespace

const conf::Section CacheConf::kSection = conf::section<CacheConf>("cache", kRows, finish);

ZoneSet& zones(exchange::Builder& builder) {
  return *builder.shared<ZoneSet>(kSharedKind, "zones", [] { return std::make_shared<ZoneSet>(); });
}

}  // namespace cache_module
