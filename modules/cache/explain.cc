#include "modules/cache/explain.h"

#include "cache/policy.h"
#include "cache/stored_marks.h"

namespace cache_module {

namespace {

std::string_view basis_text(cache::Basis basis) {
  switch (basis) {
    case cache::Basis::none: return "nothing";
    case cache::Basis::x_accel_expires: return "X-Accel-Expires";
    case cache::Basis::s_maxage: return "s-maxage";
    case cache::Basis::max_age: return "max-age";
    case cache::Basis::expires: return "Expires";
    case cache::Basis::valid_rule: return "proxy_cache_valid";
    case cache::Basis::heuristic: return "a heuristic from Last-Modified";
    default: return "another rule";
  }
}

}  // namespace

cache::Covered standing_on(OpenZone& open, const cache::Zone::Walked& object) {
  cache::StoredMarks marks = cache::read_stored_marks(object.head);
  cache::PurgeOrders::Subject subject;
  subject.digest = open.zone.digest(object.key);
  subject.uri = marks.uri.empty() ? object.key : marks.uri;
  subject.tag_bytes = marks.tag_bytes;
  subject.mark = object.facts.mark();
  return open.orders == nullptr ? cache::Covered::no : open.orders->covers(subject);
}

std::string explain(const cache::Zone::Walked& object, cache::Covered covered, int64_t now) {
  const cache::Freshness& freshness = object.facts.freshness;
  std::string text = fmt::format("It was stored because {} gives it a lifetime of {} s. ",
                                 basis_text(freshness.basis), freshness.lifetime);
  if (covered == cache::Covered::absent) {
    return text + "It was purged afterwards, so it is not used; its memory is given back by the keeper.";
  }
  if (object.facts.flags & cache::kNoCache) {
    return text + "Its no-cache demands that the origin is asked before every use.";
  }
  if (covered == cache::Covered::stale) return text + "It was purged softly: it counts as stale.";
  if (freshness.is_fresh(now)) {
    return text + fmt::format("It is {} s old, so it is used for {} s more.", freshness.age(now),
                              freshness.time_left(now));
  }
  text += fmt::format("It is {} s old and stale, so the origin is asked", freshness.age(now));
  if (object.facts.flags & cache::kMustRevalidate) return text + "; must-revalidate forbids any other use.";
  if (object.facts.stale_while_revalidate > 0)
    text += fmt::format("; for {} s it may be used meanwhile", object.facts.stale_while_revalidate);
  if (object.facts.stale_if_error > 0)
    text += fmt::format("; for {} s it is used where the origin fails", object.facts.stale_if_error);
  return text + ".";
}

}  // namespace cache_module
