#include "t/unit/model/story.h"

#include <fmt/format.h>

#include <functional>
#include <map>

#include "t/unit/model/fields.h"

namespace model {

namespace {

// ---- making one up

class Dice {
 public:
  explicit Dice(std::mt19937_64& random) : random_(random) {}
  bool one_in(uint64_t n) { return random_() % n == 0; }
  template <class T>
  T pick(std::initializer_list<T> from) {
    return from.begin()[random_() % from.size()];
  }
  uint64_t below(uint64_t n) { return random_() % n; }

 private:
  std::mt19937_64& random_;
};

std::string random_directive(Dice& dice) {
  return dice.pick<std::string>({"max-age=0",
                                 "max-age=1",
                                 "max-age=5",
                                 "max-age=10",
                                 "max-age=60",
                                 "max-age=60",
                                 "max-age=60",
                                 "max-age=10",
                                 "max-age=3600",
                                 "max-age=99999999999999999999",
                                 "max-age=\"10\"",
                                 "max-age=-1",
                                 "max-age=x",
                                 "max-age",
                                 "MAX-AGE=10",
                                 "s-maxage=5",
                                 "s-maxage=60",
                                 "s-maxage=0",
                                 "no-cache",
                                 "no-store",
                                 "private",
                                 "public",
                                 "public",
                                 "must-revalidate",
                                 "must-revalidate",
                                 "proxy-revalidate",
                                 "stale-while-revalidate=10",
                                 "stale-while-revalidate=60",
                                 "stale-if-error=10",
                                 "stale-if-error=60",
                                 "immutable",
                                 "no-cache=\"X-Secret\"",
                                 "private=\"X-Secret, X-Other\"",
                                 "must-understand",
                                 "unknown=\"a, no-store\"",
                                 "no-transform"});
}

std::string random_control(Dice& dice) {
  std::string out = random_directive(dice);
  while (dice.one_in(2)) out += dice.pick<std::string>({", ", ",", " ,\t"}) + random_directive(dice);
  return out;
}

Reply random_reply(Dice& dice, const std::string& method) {
  Reply reply;
  if (dice.one_in(12)) reply.kind = Reply::Kind::fails;
  if (dice.one_in(6)) {
    reply.kind = Reply::Kind::status;
    reply.status = dice.pick({203, 204, 299, 301, 302, 404, 410, 500, 503, 501, 599, 405});
  }
  if (!dice.one_in(5)) reply.fields.emplace_back("Cache-Control", random_control(dice));
  if (dice.one_in(12)) reply.fields.emplace_back("Cache-Control", random_directive(dice));
  if (dice.one_in(10)) {
    reply.fields.emplace_back("CDN-Cache-Control",
                              dice.pick<std::string>({"max-age=10", "no-store", "max-age=60, must-revalidate",
                                                      "=5", "private", "max-age=0"}));
  }
  if (dice.one_in(3))
    reply.fields.emplace_back("Vary", dice.pick<std::string>({"X-Variant", "X-Variant", "Accept-Encoding",
                                                              "X-Variant, Accept-Encoding", "*"}));
  if (dice.one_in(8))
    reply.fields.emplace_back("Age", dice.pick<std::string>({"0", "4", "30", "x", "4, 100"}));
  if (dice.one_in(10)) reply.fields.emplace_back("Set-Cookie", "a=b");
  if (dice.one_in(6)) reply.fields.emplace_back("X-Secret", "secret");
  if (dice.one_in(12)) reply.fields.emplace_back("Connection", "X-Hop");
  if (dice.one_in(8)) reply.fields.emplace_back("X-Hop", "hop");
  if (dice.one_in(20))
    reply.fields.emplace_back("Expires", dice.pick<std::string>({"0", "never"}));
  else if (dice.one_in(4))
    reply.expires = dice.pick<int64_t>({0, 1, 10, 60, 3600});
  if (method != "GET" && method != "HEAD" && dice.one_in(3)) {
    reply.fields.emplace_back(
        dice.pick<std::string>({"Location", "Content-Location"}),
        dice.pick<std::string>({"%a", "%b", "http://h.example%b", "http://other.example%b"}));
  }
  reply.has_tag = !dice.one_in(4);
  reply.modified = dice.one_in(2);
  reply.has_date = !dice.one_in(10);
  if (dice.one_in(5)) reply.skew = dice.pick<int64_t>({5, 30, 100, -5});
  if (dice.one_in(8)) reply.takes = dice.pick<int64_t>({1, 4, 9});
  return reply;
}

Request random_request(Dice& dice) {
  Request request;
  request.target = dice.one_in(4) ? "b" : "a";
  if (dice.one_in(10)) request.method = "HEAD";
  if (dice.one_in(10)) request.method = dice.pick<std::string>({"POST", "PUT", "DELETE", "OPTIONS"});
  Fields& fields = request.fields;
  if (dice.one_in(5)) {
    fields.emplace_back(
        "Cache-Control",
        dice.pick<std::string>({"no-cache", "no-store", "max-age=0", "max-age=5", "max-age=30", "min-fresh=5",
                                "min-fresh=30", "max-stale", "max-stale=10", "max-stale=60", "only-if-cached",
                                "only-if-cached, max-stale", "max-age=60, min-fresh=5"}));
  }
  if (dice.one_in(30)) fields.emplace_back("Pragma", "no-cache");
  if (dice.one_in(10)) fields.emplace_back("Authorization", "Basic YTpi");
  if (dice.one_in(2))
    fields.emplace_back("X-Variant", dice.pick<std::string>({"1", "1", "2", "1, 2", "1,2", ""}));
  if (dice.one_in(3)) {
    fields.emplace_back("Accept-Encoding", dice.pick<std::string>({"gzip", "gzip, br", "br,gzip", ""}));
  }
  if (request.method != "GET" && request.method != "HEAD") return request;
  if (dice.one_in(10)) {
    fields.emplace_back("If-None-Match", dice.pick<std::string>({"%tag", "\"none\", %tag", "\"none\""}));
  } else if (dice.one_in(12)) {
    fields.emplace_back("If-Modified-Since", dice.pick<std::string>({"%0", "%-500", "%500"}));
  }
  if (request.method == "GET" && dice.one_in(8)) {
    fields.emplace_back("Range", dice.pick<std::string>(
                                     {"bytes=0-4", "bytes=3-", "bytes=-5", "bytes=9000-", "bytes=0-1,4-6"}));
    if (dice.one_in(3)) fields.emplace_back("If-Range", dice.pick<std::string>({"%tag", "\"none\"", "%tag"}));
  }
  return request;
}

// ---- the origin

/// What it has under each name, and in which version.
class Shelf {
 public:
  explicit Shelf(int64_t born) : born_(born) {}
  void change(const std::string& name) { ++versions_[name]; }
  int version(const std::string& name) { return versions_[name]; }

  std::string body(const std::string& name, const Request& request) {
    std::string text = fmt::format("{} version {} of variant '{}';", name, version(name), variant(request));
    size_t least = name == "b" ? 6000 : 40;
    while (text.size() < least) text += text;
    return text;
  }
  std::string tag(const std::string& name, const Request& request) {
    return fmt::format("{}\"{}{}-{}\"", name == "b" ? "W/" : "", name, version(name), variant(request));
  }
  int64_t modified(const std::string& name) { return born_ - 100'000 + 500 * version(name); }

 private:
  static std::string variant(const Request& request) {
    std::string text;
    for (const std::string& part : members(get(request.fields, "X-Variant").value_or("-")))
      text += part + "+";
    return text;
  }
  int64_t born_;
  std::map<std::string, int> versions_;
};

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  size_t at = text.find(what);
  return at == std::string::npos ? text : text.replace(at, what.size(), by);
}

std::optional<Response> answer(Shelf& shelf, const Step& step, const Request& request,
                               const std::string& prefix, int64_t now, int revision) {
  const Reply& reply = step.reply;
  const std::string& name = step.request.target;
  if (reply.kind == Reply::Kind::fails) return std::nullopt;
  Response response;
  response.status = reply.status;
  int64_t date = now - reply.skew;
  if (reply.has_date) response.fields.emplace_back("Date", write_date(date));
  if (reply.expires >= 0) response.fields.emplace_back("Expires", write_date(date + reply.expires));
  for (const auto& [field, value] : reply.fields) {
    std::string text = replaced(value, "%a", prefix + "a");
    response.fields.emplace_back(field, replaced(text, "%b", prefix + "b"));
  }
  response.fields.emplace_back("X-Revision", std::to_string(revision));
  std::string tag = reply.has_tag && reply.status == 200 ? shelf.tag(name, request) : "";
  if (!tag.empty()) response.fields.emplace_back("ETag", tag);
  // What is not the usual answer is another representation.
  std::string modified = write_date(shelf.modified(name) - (reply.status == 200 ? 0 : reply.status));
  if (reply.modified) response.fields.emplace_back("Last-Modified", modified);
  bool has_content = reply.status != 204;
  response.body = has_content ? shelf.body(name, request) : "";
  if (reply.kind != Reply::Kind::usual || (request.method != "GET" && request.method != "HEAD"))
    return response;

  // RFC 9110 §13.2.2; the validators are those of what is there now, whether they are sent or not.
  std::optional<std::string> list = get(request.fields, "If-None-Match");
  std::optional<std::string> since = get(request.fields, "If-Modified-Since");
  bool same = list ? lists_tag(*list, shelf.tag(name, request)) : since && *since == modified;
  if (same) {
    response.status = 304;
    response.body.clear();
    // Who lists several has to be told which it is (RFC 9110 §15.4.5).
    if (list && members(*list).size() > 1 && tag.empty()) {
      response.fields.emplace_back("ETag", shelf.tag(name, request));
    }
  }
  return response;
}

Request resolved(Shelf& shelf, const Step& step, const std::string& prefix) {
  Request request = step.request;
  request.target = prefix + step.request.target;
  for (auto& [name, value] : request.fields) {
    value = replaced(value, "%tag", shelf.tag(step.request.target, step.request));
    if (value.starts_with('%')) {
      value = write_date(shelf.modified(step.request.target) + std::stoll(value.substr(1)));
    }
  }
  return request;
}

std::string print_fields(const Fields& fields) {
  std::string out;
  for (const auto& [name, value] : fields) out += fmt::format(" | {}: {}", name, value);
  return out;
}

std::string print(const Step& step) {
  if (step.kind == Step::Kind::pass) return fmt::format("{} seconds pass\n", step.seconds);
  if (step.kind == Step::Kind::change) return fmt::format("{} changes\n", step.request.target);
  const Reply& reply = step.reply;
  std::string out =
      fmt::format("{} {}{}\n", step.request.method, step.request.target, print_fields(step.request.fields));
  if (reply.kind == Reply::Kind::fails) return out + "    the origin fails\n";
  out += fmt::format("    if asked: {}{}", reply.status, print_fields(reply.fields));
  if (reply.has_tag) out += " | ETag";
  if (reply.modified) out += " | Last-Modified";
  if (reply.expires >= 0) out += fmt::format(" | Expires: Date + {}", reply.expires);
  if (!reply.has_date) out += " | no Date";
  if (reply.skew != 0) out += fmt::format(" | its clock is {} s behind", reply.skew);
  if (reply.takes != 0) out += fmt::format(" | takes {} s", reply.takes);
  return out + "\n";
}

std::string print_response(const Response& response) {
  return fmt::format("{}{} | {} bytes {:.40}", response.status, print_fields(response.fields),
                     response.body.size(), response.body);
}

}  // namespace

Story random_story(std::mt19937_64& random) {
  Dice dice(random);
  Story story;
  for (uint64_t left = 3 + dice.below(10); left > 0; --left) {
    Step step;
    uint64_t kind = dice.below(10);
    if (kind < 3) {
      step.kind = Step::Kind::pass;
      step.seconds = dice.pick<int64_t>({1, 4, 5, 6, 10, 11, 30, 60, 100, 4000, 20000});
    } else if (kind < 4) {
      step.kind = Step::Kind::change;
      step.request.target = dice.one_in(4) ? "b" : "a";
    } else {
      step.request = random_request(dice);
      step.reply = random_reply(dice, step.request.method);
    }
    story.push_back(std::move(step));
  }
  return story;
}

std::string print(const Story& story) {
  std::string out;
  for (size_t i = 0; i < story.size(); ++i) out += fmt::format("{:2}. {}", i + 1, print(story[i]));
  return out;
}

std::string play(World& world, const Story& story) {
  static int played = 0;
  std::string prefix = fmt::format("/{}/", ++played);
  Cache cache(kHost);
  Shelf shelf(world.now());
  int revision = 0;
  for (size_t i = 0; i < story.size(); ++i) {
    const Step& step = story[i];
    if (step.kind == Step::Kind::pass) {
      world.advance(step.seconds);
      continue;
    }
    if (step.kind == Step::Kind::change) {
      shelf.change(step.request.target);
      continue;
    }
    Request request = resolved(shelf, step, prefix);
    Observed seen;
    seen.asked_at = world.now();
    ++revision;
    int asked = 0;
    seen.client = world.ask(request, [&](const Request& forwarded) {
      if (step.reply.takes > 0 && asked == 0) world.advance(step.reply.takes);
      ++asked;
      seen.contacted = true;
      seen.forwarded = forwarded;
      seen.origin = answer(shelf, step, forwarded, prefix, world.now(), revision);
      return seen.origin;
    });
    seen.answered_at = world.now();
    std::string complaint = cache.judge(request, seen);
    if (complaint.empty() && asked > 1 && step.reply.kind != Reply::Kind::fails) complaint = "asked twice";
    if (complaint.empty()) continue;
    std::string text =
        fmt::format("step {}: {}\n  client got: {}\n", i + 1, complaint, print_response(seen.client));
    if (seen.contacted) text += "  origin was asked:" + print_fields(seen.forwarded.fields) + "\n";
    if (seen.origin) text += "  origin said: " + print_response(*seen.origin) + "\n";
    return text;
  }
  return {};
}

Story shorten(World& world, Story story) {
  auto still_fails = [&](const Story& changed) { return !play(world, changed).empty(); };
  for (bool shorter = true; shorter;) {
    shorter = false;
    auto attempt = [&](const Story& changed) {
      if (!still_fails(changed)) return;
      story = changed;
      shorter = true;
    };
    for (size_t i = story.size(); i-- > 0;) {
      if (i >= story.size()) continue;
      Story changed = story;
      changed.erase(changed.begin() + static_cast<ptrdiff_t>(i));
      attempt(changed);
    }
    for (size_t i = 0; i < story.size(); ++i) {
      using Change = std::function<void(Step&)>;
      std::vector<Change> changes;
      for (size_t at = story[i].request.fields.size(); at-- > 0;) {
        changes.push_back(
            [at](Step& s) { s.request.fields.erase(s.request.fields.begin() + static_cast<ptrdiff_t>(at)); });
      }
      for (size_t at = story[i].reply.fields.size(); at-- > 0;) {
        changes.push_back(
            [at](Step& s) { s.reply.fields.erase(s.reply.fields.begin() + static_cast<ptrdiff_t>(at)); });
      }
      if (story[i].reply.has_tag) changes.push_back([](Step& s) { s.reply.has_tag = false; });
      if (story[i].reply.modified) changes.push_back([](Step& s) { s.reply.modified = false; });
      if (story[i].reply.takes != 0) changes.push_back([](Step& s) { s.reply.takes = 0; });
      if (story[i].reply.skew != 0) changes.push_back([](Step& s) { s.reply.skew = 0; });
      if (!story[i].reply.has_date) changes.push_back([](Step& s) { s.reply.has_date = true; });
      if (story[i].reply.expires >= 0) changes.push_back([](Step& s) { s.reply.expires = -1; });
      if (story[i].reply.kind == Reply::Kind::status)
        changes.push_back([](Step& s) {
          s.reply.kind = Reply::Kind::usual;
          s.reply.status = 200;
        });
      for (const Change& change : changes) {
        Story changed = story;
        size_t before = changed[i].request.fields.size() + changed[i].reply.fields.size();
        bool names_field = &change - changes.data() < static_cast<ptrdiff_t>(story[i].request.fields.size() +
                                                                             story[i].reply.fields.size());
        if (names_field && before == 0) continue;
        change(changed[i]);
        attempt(changed);
        if (shorter) break;  // the places of fields have moved
      }
    }
  }
  return story;
}

}  // namespace model
