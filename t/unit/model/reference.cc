#include "t/unit/model/reference.h"

#include <algorithm>

#include "t/unit/model/fields.h"

namespace model {

namespace {

constexpr int64_t kDay = 86400;

bool has(const Directives& of, const std::string& name) { return of.contains(name); }

/// no-cache and private mean all of the response without an argument, else the fields they name (§5.2.2.4,
/// §5.2.2.7).
bool unqualified(const Directives& of, const std::string& name) {
  auto found = of.find(name);
  return found != of.end() && std::ranges::find(found->second, "") != found->second.end();
}

std::vector<std::string> named_fields(const Directives& of) {
  std::vector<std::string> out;
  for (const char* name : {"no-cache", "private"}) {
    auto found = of.find(name);
    if (found == of.end()) continue;
    for (const std::string& argument : found->second) {
      for (const std::string& field : members(argument)) out.push_back(field);
    }
  }
  return out;
}

int64_t date_of(const Response& response, int64_t received) {
  return read_date(get(response.fields, "Date").value_or("")).value_or(received);
}

/// §4.2.1; several where the RFC leaves a choice. Nothing: it has no lifetime, and no heuristic gives one.
std::vector<int64_t> lifetimes(const Response& response, int64_t received, bool& is_explicit) {
  is_explicit = true;
  bool targeted = false;
  Directives control = response_directives(response.fields, targeted);
  if (auto found = control.find("s-maxage"); found != control.end()) return seconds(found->second);
  if (auto found = control.find("max-age"); found != control.end()) return seconds(found->second);
  int64_t date = date_of(response, received);
  std::optional<std::string> expires = get(response.fields, "Expires");
  // §5.3: what is no date is in the past.
  if (expires && !targeted) return {std::max<int64_t>(0, read_date(*expires).value_or(date) - date)};
  is_explicit = false;
  // §4.2.2: any heuristic, but only here; the manual promises it only with a validator. None is an answer
  // too.
  if (!is_heuristically_cacheable(response.status) && !has(control, "public")) return {};
  std::optional<int64_t> modified = read_date(get(response.fields, "Last-Modified").value_or(""));
  if (!modified || *modified >= date) return {0};
  return {0, std::min(kDay, (date - *modified) / 10)};
}

/// §5.1: the first of several; what is no number counts as none.
int64_t age_value(const Response& response) {
  std::vector<std::string> values = members(get(response.fields, "Age").value_or(""));
  return values.empty() ? 0 : number({{"age", values}}, "age").value_or(0);
}

/// Never used stale, whoever asks (§4.2.4, §5.2.2.2, §5.2.2.8, §5.2.2.10).
bool forbids_stale(const Response& response) {
  bool targeted = false;
  Directives control = response_directives(response.fields, targeted);
  return has(control, "must-revalidate") || has(control, "proxy-revalidate") ||
         unqualified(control, "no-cache");
}

Directives request_directives(const Request& request) { return directives(request.fields, "Cache-Control"); }

bool has_validator(const Response& response) {
  return get(response.fields, "ETag") || read_date(get(response.fields, "Last-Modified").value_or(""));
}

// ---- conditions and ranges of the client (RFC 9110 §13, §14)

enum class NotModified { no, may, must };

NotModified not_modified(const Request& request, const Response& response) {
  if (response.status != 200 || (request.method != "GET" && request.method != "HEAD")) return NotModified::no;
  std::optional<std::string> tag = get(response.fields, "ETag");
  if (std::optional<std::string> list = get(request.fields, "If-None-Match")) {
    return (tag && lists_tag(*list, *tag)) || *list == "*" ? NotModified::must : NotModified::no;
  }
  std::optional<int64_t> since = read_date(get(request.fields, "If-Modified-Since").value_or(""));
  if (!since) return NotModified::no;
  std::optional<int64_t> modified = read_date(get(response.fields, "Last-Modified").value_or(""));
  if (!modified) return NotModified::may;  // §4.3.2 lets Date stand in
  return *modified == *since ? NotModified::must : *modified < *since ? NotModified::may : NotModified::no;
}

struct Range {
  int64_t first = 0;
  int64_t last = 0;
};

/// The one range a request asks for; not whole and not sound: nothing.
std::optional<std::string> wanted_range(const Request& request, const Response& response) {
  std::optional<std::string> range = get(request.fields, "Range");
  if (!range || request.method != "GET" || response.status != 200) return std::nullopt;
  std::optional<std::string> condition = get(request.fields, "If-Range");
  if (!condition) return range;
  // §13.1.5: a strong comparison.
  std::optional<std::string> tag = get(response.fields, "ETag");
  bool strong = tag && tag->starts_with('"');
  return strong && *condition == *tag ? range : std::nullopt;
}

std::string compare_content(const Request& request, const Response& whole, const Response& client) {
  std::optional<std::string> range = wanted_range(request, whole);
  std::string body = request.method == "HEAD" ? "" : whole.body;
  if (!range || client.status == 200) {
    // Who asks by a sound If-Range, or without one, is given the part (the manual promises it).
    if (range && range->find(',') == std::string::npos) return "the range was not heeded";
    if (client.status != whole.status) return "status " + std::to_string(client.status);
    return client.body == body ? "" : "another body: " + client.body.substr(0, 80);
  }
  if (range->find(',') != std::string::npos) return client.status == 206 ? "" : "no 206 for several ranges";
  int64_t size = static_cast<int64_t>(whole.body.size());
  std::string spec = range->substr(6);
  size_t dash = spec.find('-');
  Range part;
  if (dash == 0) {
    part = {std::max<int64_t>(0, size - std::stoll(spec.substr(1))), size - 1};
  } else {
    part.first = std::stoll(spec.substr(0, dash));
    part.last =
        dash + 1 == spec.size() ? size - 1 : std::min<int64_t>(size - 1, std::stoll(spec.substr(dash + 1)));
  }
  if (part.first >= size) return client.status == 416 ? "" : "no 416 for a range behind the end";
  if (client.status != 206) return "status " + std::to_string(client.status) + " for a range";
  std::string told =
      "bytes " + std::to_string(part.first) + "-" + std::to_string(part.last) + "/" + std::to_string(size);
  if (get(client.fields, "Content-Range") != told) return "Content-Range is not " + told;
  std::string expected =
      whole.body.substr(static_cast<size_t>(part.first), static_cast<size_t>(part.last - part.first + 1));
  return client.body == expected ? "" : "another part: " + client.body.substr(0, 80);
}

/// Whether the client got `whole`, or what its conditions make of it.
std::string compare_answer(const Request& request, const Response& whole, const Response& client) {
  NotModified current = not_modified(request, whole);
  if (client.status == 304 && whole.status != 304) {
    if (current == NotModified::no) return "304 that nobody asked for";
    return client.body.empty() ? "" : "304 with a body";
  }
  if (current == NotModified::must) return "no 304 though nothing was modified";
  return compare_content(request, whole, client);
}

bool says_stored(const Response& client) {
  std::optional<std::string> status = get(client.fields, "Cache-Status");
  return status && status->find("; stored") != std::string::npos;
}

/// §3.1: for one connection only.
bool is_hop_by_hop(const std::string& name) {
  for (const char* hop :
       {"connection", "keep-alive", "te", "transfer-encoding", "upgrade", "proxy-authenticate",
        "proxy-authorization", "proxy-authentication-info", "proxy-connection"}) {
    if (lower(name) == hop) return true;
  }
  return false;
}

/// What is for this connection only (RFC 9110 §7.6.1).
void strip_connection(Response& response) {
  for (const std::string& name : members(get(response.fields, "Connection").value_or(""))) {
    remove(response.fields, name);
  }
  std::erase_if(response.fields, [](const auto& field) { return is_hop_by_hop(field.first); });
}

/// What may be kept of a response (§3.1, §5.2.2.4, §5.2.2.7).
void strip(Response& response) {
  bool targeted = false;
  for (const std::string& name : named_fields(response_directives(response.fields, targeted))) {
    remove(response.fields, name);
  }
  for (const std::string& name : members(get(response.fields, "Connection").value_or(""))) {
    remove(response.fields, name);
  }
  std::erase_if(response.fields, [](const auto& field) {
    return is_hop_by_hop(field.first) || lower(field.first) == "age" ||
           lower(field.first) == "content-length";
  });
}

std::string as_list(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += part + "\n";
  return out;
}

}  // namespace

// ---- §3

Cache::Store Cache::storable(const Request& request, const Response& response, int64_t requested,
                             int64_t received) {
  bool targeted = false;
  Directives control = response_directives(response.fields, targeted);
  if (has(request_directives(request), "no-store")) return Store::no;  // §5.2.1.5
  bool understands = has(control, "must-understand") && is_understood(response.status);
  if (has(control, "must-understand") && !understands) return Store::no;  // §5.2.2.3
  if (has(control, "no-store") && !understands) return Store::no;         // §5.2.2.5
  if (unqualified(control, "private")) return Store::no;                  // §5.2.2.7
  bool for_all = has(control, "public") || has(control, "s-maxage") || has(control, "must-revalidate");
  if (get(request.fields, "Authorization") && !for_all) return Store::no;  // §3.5
  bool is_explicit = false;
  std::vector<int64_t> lives = lifetimes(response, received, is_explicit);
  bool reusable = is_explicit || has(control, "public") || is_heuristically_cacheable(response.status);
  if (!reusable) return Store::no;
  // From here on it may be; where it is of use it has to be.
  std::vector<std::string> vary = members(get(response.fields, "Vary").value_or(""));
  if (std::ranges::find(vary, "*") != vary.end()) return Store::may;
  if (get(response.fields, "Set-Cookie")) return Store::may;  // §7.3 warns of it
  if (unqualified(control, "no-cache")) return Store::may;
  Stored fresh{request.target, request.fields, response, requested, received, 0, false};
  fresh.age_value = age_value(response);
  int64_t age = current_age(fresh, received);
  bool useful = is_explicit && std::ranges::all_of(lives, [age](int64_t life) { return life > age; });
  return useful ? Store::must : Store::may;
}

// ---- §4.2.3

int64_t Cache::current_age(const Stored& stored, int64_t now) {
  int64_t apparent = std::max<int64_t>(0, stored.received - date_of(stored.response, stored.received));
  int64_t corrected = stored.age_value + (stored.received - stored.requested);
  return std::max(apparent, corrected) + (now - stored.received);
}

// ---- §4.1

Cache::Match Cache::matches(const Stored& stored, const Request& request) {
  if (stored.target != request.target) return Match::no;
  Match result = Match::must;
  for (const std::string& name : members(get(stored.response.fields, "Vary").value_or(""))) {
    if (name == "*") return Match::no;
    std::optional<std::string> then = get(stored.request, name);
    std::optional<std::string> now = get(request.fields, name);
    if (then.has_value() != now.has_value()) return Match::no;
    if (!then || as_list(members(*then)) == as_list(members(*now))) continue;
    // Values that mean the same may be taken for the same.
    std::vector<std::string> a = members(lower(*then));
    std::vector<std::string> b = members(lower(*now));
    std::ranges::sort(a);
    std::ranges::sort(b);
    if (lower(name) != "accept-encoding" || a != b) return Match::no;
    result = Match::may;
  }
  return result;
}

// ---- §4.2, §4.2.4, §5.2.1, RFC 5861 §3

Cache::Choice Cache::choose(const Stored& stored, const Request& request, int64_t now) {
  const Response& response = stored.response;
  bool targeted = false;
  Directives control = response_directives(response.fields, targeted);
  Directives wants = request_directives(request);
  Choice choice;
  if (unqualified(control, "no-cache") || has(wants, "no-cache")) return {false, false, true};
  // §5.4 leaves Pragma to the cache.
  if (wants.empty() && get(request.fields, "Pragma") == "no-cache") choice.ask = true;

  bool is_explicit = false;
  int64_t age = current_age(stored, now);
  std::vector<int64_t> lives = lifetimes(response, stored.received, is_explicit);
  if (lives.empty()) lives = {0};
  for (int64_t life : lives) {
    int64_t staleness = age - life;
    bool fresh = life > age;
    bool too_old = has(wants, "max-age") && age > number(wants, "max-age").value_or(0);
    bool too_short = has(wants, "min-fresh") && life - age < number(wants, "min-fresh").value_or(0);
    if (too_short) {
      choice.ask = true;
      continue;
    }
    if (fresh && !too_old) {
      choice.serve = true;
      continue;
    }
    bool bound = forbids_stale(response) || has(control, "s-maxage");
    bool any = has(wants, "max-stale") && wants["max-stale"].front().empty();
    bool within = any || (has(wants, "max-stale") && staleness <= number(wants, "max-stale").value_or(-1));
    if (too_old) {
      // §5.2.1.1 and §5.2.1.2 can be read so that max-stale extends max-age, or that it does not.
      choice.ask = true;
      if (has(wants, "max-stale") && (!bound || fresh)) choice.serve = true;
      continue;
    }
    if (within && !bound) {
      choice.serve = true;
      continue;
    }
    std::optional<int64_t> window = number(control, "stale-while-revalidate");
    if (window && *window > 0 && staleness <= *window && !forbids_stale(response)) {
      choice.update = true;
      continue;
    }
    choice.ask = true;
  }
  return choice;
}

/// RFC 5861 §4, RFC 9111 §4.2.4: instead of an origin that fails. `must`: the manual promises it.
bool Cache::may_stand_in(const Stored& stored, const Request& request, bool& must, int64_t now) {
  must = false;
  bool targeted = false;
  Directives control = response_directives(stored.response.fields, targeted);
  Directives wants = request_directives(request);
  if (forbids_stale(stored.response)) return false;
  if (has(control, "s-maxage")) {
    bool is_explicit = false;
    std::vector<int64_t> lives = lifetimes(stored.response, stored.received, is_explicit);
    int64_t window = number(control, "stale-if-error").value_or(0);
    int64_t staleness = current_age(stored, now) - lives.back();
    return staleness < 0 || staleness <= window;
  }
  must = wants.empty() && !get(request.fields, "Pragma");
  return true;
}

// ---- one request

std::string Cache::judge(const Request& request, const Observed& seen) {
  if (request.method == "GET" || request.method == "HEAD") return judge_read(request, seen);
  return judge_unsafe(request, seen);
}

// §4: of several that match the newest by Date. What the cache was free to drop may be passed over.
std::string Cache::judge_read(const Request& request, const Observed& seen) {
  std::vector<size_t> candidates;
  for (size_t i = 0; i < stored_.size(); ++i) {
    if (matches(stored_[i], request) != Match::no) candidates.push_back(i);
  }
  auto date = [this](size_t i) { return date_of(stored_[i].response, stored_[i].received); };
  auto goes_first = [&](size_t a, size_t b) {
    return date(a) != date(b) ? date(a) > date(b) : !stored_[a].may_be_gone && stored_[b].may_be_gone;
  };
  std::ranges::stable_sort(candidates, goes_first);

  std::string complaint;
  auto keep_first = [&complaint](std::string text) {
    if (complaint.empty()) complaint = std::move(text);
  };
  for (size_t at = 0; at < candidates.size(); ++at) {
    Stored& candidate = stored_[candidates[at]];
    std::string text = judge_with(&candidate, request, seen);
    if (text.empty()) return {};
    keep_first(text);
    bool optional = candidate.may_be_gone || matches(candidate, request) == Match::may;
    bool tie = at + 1 < candidates.size() && date(candidates[at + 1]) == date(candidates[at]);
    if (!optional && !tie) return complaint;
  }
  std::string text = judge_with(nullptr, request, seen);
  if (!text.empty()) keep_first(text);
  return text.empty() ? "" : complaint;
}

std::string Cache::judge_with(Stored* stored, const Request& request, const Observed& seen) {
  Choice choice = stored != nullptr ? choose(*stored, request, seen.asked_at) : Choice{false, false, true};
  // RFC 5861 leaves it open; after an update that brought nothing to keep it is better not to.
  if (choice.update && stored->may_be_gone) choice.ask = true;
  bool only_stored = has(request_directives(request), "only-if-cached");
  if (!seen.contacted) {
    if (only_stored && seen.client.status == 504) return choice.ask ? "" : "504 though it is stored";
    if (stored == nullptr) return "answered from the store, but nothing is stored";
    if (!choice.serve) return "used without validation";
    return compare_stored(*stored, request, seen.client, seen.asked_at);
  }
  if (only_stored && !choice.update) return "the origin was asked against only-if-cached";
  if (choice.update) {
    std::string text = compare_stored(*stored, request, seen.client, seen.asked_at);
    if (!text.empty() && !choice.ask) return "in the background: " + text;
    if (text.empty()) return judge_answer_of_origin(stored, request, seen, true);
  }
  if (!choice.ask) return "the origin was asked though what is stored can be used";
  return judge_answer_of_origin(stored, request, seen, false);
}

std::string Cache::compare_stored(const Stored& stored, const Request& request, const Response& client,
                                  int64_t now) {
  std::string text = compare_answer(request, stored.response, client);
  if (!text.empty()) return text;
  if (client.status >= 400 && client.status != stored.response.status) return {};          // 416: of its own
  std::string age = std::to_string(std::min(current_age(stored, now), int64_t{1} << 31));  // §5.1
  if (get(client.fields, "Age") != age) return "Age is not " + age;
  for (const char* name : {"ETag", "Date", "Cache-Control", "Expires", "Vary", "X-Revision"}) {
    if (get(client.fields, name) != get(stored.response.fields, name)) return std::string(name) + " differs";
  }
  for (const char* name : {"X-Secret", "X-Hop", "Proxy-Authenticate"}) {
    if (get(client.fields, name) && !get(stored.response.fields, name))
      return std::string(name) + " was kept";
  }
  return {};
}

Cache::Stored* Cache::with_tag(const std::string& target, std::string_view tag) {
  Stored* found = nullptr;
  for (Stored& stored : stored_) {
    if (stored.target == target && get(stored.response.fields, "ETag") == tag) found = &stored;
  }
  return found;
}

// §4.3
std::string Cache::judge_answer_of_origin(Stored* stored, const Request& request, const Observed& seen,
                                          bool in_background) {
  std::optional<std::string> tag = get(seen.forwarded.fields, "If-None-Match");
  std::optional<std::string> since = get(seen.forwarded.fields, "If-Modified-Since");
  if (get(seen.forwarded.fields, "Range")) return "a range was forwarded";
  bool conditional = tag || since;
  if (stored == nullptr && since && !tag) return "a date as condition, but nothing is stored";
  // §4.3.1: tags of other variants may be named too.
  for (const std::string& listed : members(tag.value_or(""))) {
    if (with_tag(request.target, listed) == nullptr) return "If-None-Match names what is not stored";
  }
  if (stored != nullptr) {
    const Fields& fields = stored->response.fields;
    std::optional<std::string> its = get(fields, "ETag");
    if (its && tag && !lists_tag(*tag, *its)) return "If-None-Match is not the stored ETag";
    if (since && since != get(fields, "Last-Modified")) return "If-Modified-Since is not Last-Modified";
    // The manual promises it wherever it can be done.
    if (has_validator(stored->response) && !conditional) return "fetched anew instead of validated";
    if (its && !tag) return "validated without the ETag";
  }
  int64_t now = seen.answered_at;
  bool failed = !seen.origin ||
                (seen.origin->status >= 500 && seen.origin->status <= 504 && seen.origin->status != 501);
  if (!seen.origin && in_background) return {};
  bool must = false;
  bool may = failed && !in_background && stored != nullptr && may_stand_in(*stored, request, must, now);
  if (may) {
    std::string text = compare_stored(*stored, request, seen.client, now);
    if (text.empty()) return {};
    if (must && !seen.origin) return "not used instead of a failing origin: " + text;
  }
  if (!seen.origin) return seen.client.status == 502 || seen.client.status == 504 ? "" : "no 502";
  if (seen.origin->status == 304) {
    // §4.3.3: the one that has the tag.
    std::optional<std::string> its = get(seen.origin->fields, "ETag");
    if (!its && members(tag.value_or("")).size() == 1) its = tag;
    bool other = its && (stored == nullptr || get(stored->response.fields, "ETag") != its);
    // Several may have it: which one was meant shows in what the client got.
    for (Stored& named : stored_) {
      bool has_tag =
          other && tag && named.target == request.target && get(named.response.fields, "ETag") == its;
      if (has_tag && judge_update(&named, request, seen, in_background).empty()) return {};
    }
    if (stored == nullptr) return "a 304 that selects nothing";
    return judge_update(stored, request, seen, in_background);
  }
  if (!in_background) {
    Response whole = *seen.origin;
    std::string text = compare_answer(request, whole, seen.client);
    if (!text.empty()) return "passed on: " + text;
    if (get(seen.client.fields, "X-Revision") != get(whole.fields, "X-Revision") &&
        seen.client.status < 400) {
      return "passed on: X-Revision differs";
    }
  }
  Stored fresh{request.target, request.fields, *seen.origin, seen.asked_at, seen.answered_at, 0, false};
  return take_in(stored, request, std::move(fresh), seen, in_background);
}

// §3.2, §4.3.4
std::string Cache::judge_update(Stored* stored, const Request& request, const Observed& seen,
                                bool in_background) {
  Stored merged = *stored;
  merged.request = request.fields;
  merged.requested = seen.asked_at;
  merged.received = seen.answered_at;
  merged.may_be_gone = false;
  Fields& fields = merged.response.fields;
  remove(fields, "Date");
  Response news = *seen.origin;
  strip_connection(news);
  std::erase_if(news.fields, [](const auto& field) { return lower(field.first) == "content-length"; });
  for (const auto& [name, value] : news.fields) remove(fields, name);
  fields.insert(fields.end(), news.fields.begin(), news.fields.end());
  if (!in_background) {
    std::string text = compare_answer(request, merged.response, seen.client);
    if (!text.empty()) return "validated: " + text;
    bool refused = seen.client.status == 416;  // the proxy's own answer
    if (!refused && get(seen.client.fields, "X-Revision") != get(seen.origin->fields, "X-Revision")) {
      return "validated: the fields of the 304 are not in the answer";
    }
    for (const char* name : {"Vary", "Last-Modified", "ETag"}) {
      if (!refused && seen.client.status == 200 && get(seen.client.fields, name) != get(fields, name)) {
        return "validated: another " + std::string(name);
      }
    }
  }
  return take_in(stored, request, std::move(merged), seen, in_background);
}

std::string Cache::take_in(Stored* old, const Request& request, Stored fresh, const Observed& seen,
                           bool in_background) {
  bool validated = seen.origin->status == 304;
  Store store = storable(request, fresh.response, fresh.requested, fresh.received);
  fresh.age_value = age_value(fresh.response);
  bool targeted = false;
  Directives control = response_directives(fresh.response.fields, targeted);
  // §5.2.2.5, §5.2.2.7 of what a validation changed: it may not be used any more.
  // A request's own no-store keeps the cache from taking even that over.
  bool heeds = validated && !has(request_directives(request), "no-store");
  bool forbidden = heeds && ((has(control, "no-store") && !has(control, "must-understand")) ||
                             unqualified(control, "private"));
  bool stored = says_stored(seen.client);
  if (!in_background) {
    if (store == Store::no && stored) return "stored though it must not be";
    // Which of several with that tag was meant cannot be seen from outside.
    bool other = validated && old != nullptr && matches(*old, request) == Match::no;
    if (store == Store::must && !stored && !other) return "not stored though it could be used";
  } else {
    stored = store != Store::no;
    bool failed = seen.origin->status >= 500;  // RFC 5861 §4: what is there may be kept instead
    fresh.may_be_gone = store == Store::may || failed;
  }
  if (forbidden || !stored) {
    if (old == nullptr) return {};
    std::optional<std::string> tag = get(old->response.fields, "ETag");
    old->may_be_gone = true;
    if (!forbidden) return {};
    stored_.erase(stored_.begin() + (old - stored_.data()));
    // Which of those with that tag was meant cannot be seen from outside.
    for (Stored& other : stored_) {
      if (other.target == request.target && get(other.response.fields, "ETag") == tag)
        other.may_be_gone = true;
    }
    return {};
  }
  strip(fresh.response);
  // RFC 9110 §6.6.1: who has no Date gets that of its receipt.
  if (!get(fresh.response.fields, "Date")) {
    fresh.response.fields.emplace_back("Date", write_date(seen.answered_at));
  }
  std::vector<std::string> vary = members(lower(get(fresh.response.fields, "Vary").value_or("")));
  std::ranges::sort(vary);
  std::vector<Stored> kept;
  if (validated && old != nullptr) {
    // §4.3.4: one that another request had brought may have been updated where it is.
    Stored updated = fresh;
    updated.request = old->request;
    updated.may_be_gone = true;
    if (matches(updated, request) == Match::no) kept.push_back(std::move(updated));
  }
  for (Stored& other : stored_) {
    bool same_target = other.target == fresh.target;
    std::vector<std::string> its = members(lower(get(other.response.fields, "Vary").value_or("")));
    std::ranges::sort(its);
    // The same place: it is replaced. Another that the new one stands for: may have gone with it.
    bool replaced = same_target && its == vary && matches(other, request) == Match::must;
    if (replaced && !fresh.may_be_gone) continue;
    if (same_target && (its.empty() != vary.empty() || replaced || &other == old)) other.may_be_gone = true;
    if (same_target && matches(other, request) == Match::may) other.may_be_gone = true;
    kept.push_back(std::move(other));
  }
  kept.push_back(std::move(fresh));
  stored_ = std::move(kept);
  return {};
}

// §4.4
std::string Cache::judge_unsafe(const Request& request, const Observed& seen) {
  if (!seen.contacted) return "not forwarded";
  if (!seen.origin) return seen.client.status == 502 || seen.client.status == 504 ? "" : "no 502";
  if (seen.client.status != seen.origin->status || seen.client.body != seen.origin->body) {
    return "another answer than the origin's";
  }
  if (says_stored(seen.client)) return "stored though nothing can use it";
  bool safe = request.method == "OPTIONS";
  if (safe || seen.origin->status < 200 || seen.origin->status >= 400) return {};
  invalidate(request.target);
  for (const char* name : {"Location", "Content-Location"}) {
    std::string uri = get(seen.origin->fields, name).value_or("");
    std::string here = "http://" + host_;
    if (uri.starts_with(here + "/")) uri = uri.substr(here.size());
    if (uri.starts_with("/") && !uri.starts_with("//")) invalidate(uri);
  }
  return {};
}

void Cache::invalidate(const std::string& target) {
  std::erase_if(stored_, [&](const Stored& stored) { return stored.target == target; });
}

}  // namespace model
