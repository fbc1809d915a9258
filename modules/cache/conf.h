// The proxy_cache* directives of one route, and the zones that proxy_cache_path makes. Filled by rows,
// immutable afterwards.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"
#include "cache/layout.h"
#include "cache/policy.h"
#include "conf/row.h"
#include "exchange/builder.h"
#include "exchange/template.h"
#include "shm/segment.h"

namespace cache_module {

/// One proxy_cache_path. Named by routes before or after it is defined.
struct ZoneConf {
  std::string name;
  bool defined = false;
  conf::Position at;
  std::string path;
  uint64_t keys_size = 0;
  uint64_t memory_size = 0;
  uint32_t inactive = 600;  ///< seconds
  bool on_disk = true;
  uint64_t max_size = 0;  ///< bytes on the disk
  uint64_t min_free = 0;  ///< bytes left to others there
  cache::ZoneShape shape;
  shm::SegmentPtr segment;       ///< null under -t
  shm::SegmentPtr disk_segment;  ///< with on_disk
  shm::SegmentPtr uses_segment;  ///< where some route counts uses (proxy_cache_min_uses)
  shm::SegmentPtr notes_segment;
  size_t index = 0;  ///< in ZoneSet::zones and in each worker
};

/// Every zone of a configuration that is defined.
struct ZoneSet {
  std::vector<std::shared_ptr<ZoneConf>> zones;
};

/// When a stale response stands in for what the origin does not give (proxy_cache_use_stale).
enum StaleWhen : uint32_t {
  kStaleError = 1 << 0,
  kStaleTimeout = 1 << 1,
  kStaleInvalid = 1 << 2,
  kStaleUpdating = 1 << 3,
  kStale500 = 1 << 4,
  kStale502 = 1 << 5,
  kStale503 = 1 << 6,
  kStale504 = 1 << 7,
  kStale403 = 1 << 8,
  kStale404 = 1 << 9,
  kStale429 = 1 << 10,
};

struct CacheConf {
  std::shared_ptr<const ZoneConf> zone;  ///< null: off
  exchange::Template key;                ///< empty: scheme, host and target of the request
  cache::StoreRules rules;               ///< valid; what is ignored is told by proxy_ignore_headers
  bool caches_post = false;
  uint32_t min_uses = 1;  ///< requests for a key before its response is stored
  std::vector<exchange::Template> bypass;
  std::vector<exchange::Template> no_cache;
  uint32_t use_stale = 0;  ///< StaleWhen
  bool updates_in_background = true;
  bool converts_head = true;                 ///< HEAD that misses is asked as GET and stored
  bool tells_status = true;                  ///< Cache-Status and X-Cache
  bool tells_key = false;                    ///< the key too
  std::optional<uint64_t> max_range_offset;  ///< ranges that begin behind it are the origin's
  bool locks = true;                         ///< one fetch a key at a time
  base::Duration lock_timeout{5000};         ///< how long others wait for its head
  base::Duration lock_age{5000};             ///< a head that does not come for so long lets in one more
  bool heeds_request = true;                 ///< the request's Cache-Control; not with `compat nginx`

  static const conf::Section kSection;
};

/// The zones of the configuration being built.
ZoneSet& zones(exchange::Builder& builder);
inline constexpr std::string_view kSharedKind = "cache";

}  // namespace cache_module
