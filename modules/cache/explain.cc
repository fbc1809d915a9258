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

struct Reason {
  std::string_view word;
  std::string_view text;
};
/// The words of Cache-Status; detail= (policy.cc, store.cc).
constexpr Reason kReasons[] = {
    {"interim", "it was an interim response"},
    {"partial", "it was a part of a response, or said only that nothing changed"},
    {"request-no-store", "the request said no-store (RFC 9111 section 5.2.1.5)"},
    {"no-store", "it said no-store (RFC 9111 section 5.2.2.5)"},
    {"private", "it said private, and this cache is shared (RFC 9111 section 5.2.2.7)"},
    {"must-understand",
     "it said must-understand, and its status is not known here (RFC 9111 section 5.2.2.3)"},
    {"authorization",
     "the request had Authorization, and the response neither public nor s-maxage nor must-revalidate (RFC "
     "9111 "
     "section 3.5)"},
    {"vary-any", "its Vary is *, which no later request matches (RFC 9111 section 4.1)"},
    {"set-cookie", "it set a cookie (proxy_ignore_headers Set-Cookie stores such responses)"},
    {"no-freshness",
     "it had neither an explicit lifetime nor a validator that allows a heuristic (RFC 9111 section 4.2.2); "
     "proxy_cache_valid gives one"},
    {"no-cache", "it said no-cache and has no validator, so it could never be used"},
    {"stale-on-arrival", "it was stale already and has no validator, so it could never be used"},
    {"no-lifetime", "X-Accel-Expires or proxy_cache_valid gave it a lifetime of 0"},
    {"no-cache-rule", "proxy_no_cache forbade it"},
    {"head", "it answered HEAD and proxy_cache_convert_head is off"},
    {"lock-timeout", "its request had waited longer than proxy_cache_lock_timeout for another's"},
    {"no-memory", "there was no room for it in the zone, or it was purged while it was fetched"},
    {"head-too-large", "its head is larger than 64 KiB"},
    {"too-many-tags", "it bears more than 1024 tags"},
};

std::string_view reason_text(std::string_view word) {
  for (const Reason& reason : kReasons) {
    if (reason.word == word) return reason.text;
  }
  return word;
}

}  // namespace

std::string explain_refusal(OpenZone& open, std::string_view uri, int64_t now) {
  if (!open.notes) return {};
  std::optional<cache::Refusal> refusal = open.notes->find_refusal(cache::uri_digest(uri));
  if (!refusal) return {};
  return fmt::format("The last response that was not stored came {} s ago with status {}: {}.",
                     std::max<int64_t>(0, now - refusal->time), refusal->status, reason_text(refusal->why));
}

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
