// First stage of a lookup: what is stored, or just being stored, that this request selects. Memory only and
// never waits; what has to be waited for comes after it (lookup.cc).
#pragma once

#include "cache/disk_reader.h"
#include "cache/fill.h"
#include "modules/cache/state.h"

namespace cache_module {

/// What can answer: a stored object, or one that is growing.
struct Candidate {
  cache::Found found;
  cache::Fill* fill = nullptr;  ///< growing, filled by this process …
  cache::FoundGrowing growing;  ///< … or by another
  base::Digest place;           ///< of the object: the key's own digest or a variant's
  cache::DiskFound disk;        ///< what was found lies there, its body too
  uint64_t location = 0;      ///< nothing was found yet, but it may be there on the disk (find_on_disk.h) …
  uint8_t uses = 0;           ///< … where it was asked for so often
  Candidate* next = nullptr;  ///< of those the origin is asked about
  explicit operator bool() const { return fill != nullptr || growing || found; }
  const cache::Facts& facts() const {
    return fill != nullptr ? fill->object().facts : growing ? growing.facts : found.facts;
  }
};

/// The key: as proxy_cache_key says, else the request's scheme, host (with its port) and target.
std::string_view make_key(exchange::Exchange& exchange, const CacheConf& conf);

/// What Notes know a key's variants by: with another marker they are other ones.
inline base::Digest salted(base::Digest key, uint64_t salt) {
  key.low ^= salt;
  return key;
}

/// The stored response the request selects (RFC 9111 §4.1). With variants, but none that matches, state.fwd
/// says so.
Candidate find(exchange::Exchange& exchange, CacheState& state);

}  // namespace cache_module
