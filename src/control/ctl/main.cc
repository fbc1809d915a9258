// proxycachectl: asks a running Proxycache over its control API. A plain program: one question, one answer,
// blocking; it shares no code with the proxy.
#include <curl/curl.h>
#include <getopt.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

using nlohmann::json;

namespace {

constexpr const char* kUsage =
    "usage: proxycachectl [-s SOCKET | -a ADDRESS:PORT] [-k KEY] cache COMMAND\n"
    "\n"
    "  cache get                              zones and their totals\n"
    "  cache ls ZONE [--prefix TEXT]          keys in order, with status, size, age and ttl\n"
    "  cache stat URL                         all that is stored of a URL, and why\n"
    "  cache purge WHAT [--soft] [--dry-run] [--count] [--zone ZONE]\n"
    "                                         WHAT: --url URL, --prefix TEXT, --regex TEXT, --tag TAG, "
    "--all\n"
    "  cache export ZONE                      every object, one JSON object a line\n"
    "  cache warm [ADDRESS:PORT] [--file FILE] [--base URL] [--rate N]\n"
    "                                         asks Proxycache (at ADDRESS:PORT, else at the URL's port here) "
    "for\n"
    "                                         the URLs in FILE or on stdin, at most N (100) a second; a line "
    "is a\n"
    "                                         URL, one of cache export, or of an access log, then with "
    "--base\n"
    "  cache verify                           checks what lies in memory and, every byte, on the disk\n"
    "\n"
    "The socket is run/proxycache.sock, or what PROXYCACHE_SOCKET says; the key may stand in "
    "PROXYCACHE_KEY.\n";

struct Settings {
  std::string socket;
  std::string address;  // instead of the socket
  std::string key;
};

struct Answer {
  long status = 0;
  std::string body;
};

[[noreturn]] void fail(const std::string& text) {
  std::fprintf(stderr, "proxycachectl: %s\n", text.c_str());
  std::exit(1);
}

[[noreturn]] void misuse(const std::string& text) {
  std::fprintf(stderr, "proxycachectl: %s\n%s", text.c_str(), kUsage);
  std::exit(2);
}

size_t take(char* bytes, size_t size, size_t count, void* into) {
  static_cast<std::string*>(into)->append(bytes, size * count);
  return size * count;
}

/// One question over one connection, which is kept for the next.
class Api {
 public:
  explicit Api(const Settings& settings) : settings_(settings), curl_(curl_easy_init()) {
    if (curl_ == nullptr) fail("libcurl does not start");
  }
  ~Api() { curl_easy_cleanup(curl_); }
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  std::string escape(const std::string& text) const {
    char* escaped = curl_easy_escape(curl_, text.data(), static_cast<int>(text.size()));
    std::string out = escaped;
    curl_free(escaped);
    return out;
  }

  /// Ends the program when nobody answers.
  Answer ask(const std::string& target, const std::string* body) {
    curl_easy_reset(curl_);
    std::string host = settings_.address.empty() ? "localhost" : settings_.address;
    curl_easy_setopt(curl_, CURLOPT_URL, ("http://" + host + target).c_str());
    if (settings_.address.empty())
      curl_easy_setopt(curl_, CURLOPT_UNIX_SOCKET_PATH, settings_.socket.c_str());
    curl_easy_setopt(curl_, CURLOPT_PROXY, "");
    Answer answer;
    curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl_, CURLOPT_WRITEDATA, &answer.body);
    curl_slist* fields = curl_slist_append(nullptr, "Expect:");
    if (!settings_.key.empty()) fields = curl_slist_append(fields, ("X-API-Key: " + settings_.key).c_str());
    if (body != nullptr) {
      fields = curl_slist_append(fields, "Content-Type: application/json");
      curl_easy_setopt(curl_, CURLOPT_POST, 1L);
      curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE, static_cast<long>(body->size()));
      curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, body->c_str());
    }
    curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, fields);
    CURLcode code = curl_easy_perform(curl_);
    curl_slist_free_all(fields);
    if (code != CURLE_OK) {
      fail((settings_.address.empty() ? settings_.socket : settings_.address) + ": " +
           curl_easy_strerror(code));
    }
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &answer.status);
    return answer;
  }

  /// The answer as JSON; ends the program with what the server says when it is an error.
  json demand(const std::string& target, const std::string* body = nullptr) {
    Answer answer = ask(target, body);
    json value = json::parse(answer.body, nullptr, false);
    if (value.is_discarded()) fail("the answer is no JSON (status " + std::to_string(answer.status) + ")");
    if (answer.status >= 400) {
      fail(value.value("error", value.value("explain", "status " + std::to_string(answer.status))));
    }
    return value;
  }

 private:
  const Settings& settings_;
  CURL* curl_;
};

/// "[#####.....] 120/480 objects" on a terminal's stderr; nothing elsewhere.
class Progress {
 public:
  Progress(uint64_t total, const char* of)
      : total_(total), of_(of), shown_(isatty(STDERR_FILENO) != 0 && total > 0) {}
  ~Progress() {
    if (shown_) std::fputs("\r\033[K", stderr);
  }
  void at(uint64_t done) const {
    if (!shown_) return;
    constexpr uint64_t kWidth = 40;
    uint64_t filled = done >= total_ ? kWidth : done * kWidth / total_;
    std::string bar(filled, '#');
    bar.resize(kWidth, '.');
    std::fprintf(stderr, "\r[%s] %llu/%llu %s", bar.c_str(), static_cast<unsigned long long>(done),
                 static_cast<unsigned long long>(total_), of_);
  }

 private:
  uint64_t total_;
  const char* of_;
  bool shown_;
};

uint64_t objects_in(Api& api, const std::string& zone) {
  json cache = api.demand("/cache");
  for (const json& each : cache["zones"]) {
    if (each["name"] == zone) return each["objects"].get<uint64_t>();
  }
  fail("there is no zone " + zone);
}

/// Calls `each` for every object of the zone, page by page.
template <class Each>
void walk(Api& api, const std::string& zone, const std::string& prefix, Each each) {
  Progress progress(objects_in(api, zone), "objects");
  std::string cursor;
  uint64_t done = 0;
  do {
    Answer answer = api.ask(
        "/cache/export?zone=" + api.escape(zone) + "&prefix=" + api.escape(prefix) + "&cursor=" + cursor,
        nullptr);
    if (answer.status != 200) fail("status " + std::to_string(answer.status));
    cursor.clear();
    std::istringstream lines(answer.body);
    for (std::string line; std::getline(lines, line);) {
      json object = json::parse(line, nullptr, false);
      if (object.is_discarded()) fail("the answer is no JSON");
      if (object.contains("next")) {
        cursor = object["next"].get<std::string>();
      } else {
        each(object);
        ++done;
      }
    }
    progress.at(done);
  } while (!cursor.empty());
}

void print_line(const json& object) {
  std::printf("%3d %10llu %8lld %8lld %s\n", object["status"].get<int>(),
              static_cast<unsigned long long>(object["size"].get<uint64_t>()),
              static_cast<long long>(object["age"].get<int64_t>()),
              static_cast<long long>(object["ttl"].get<int64_t>()), object["key"].get<std::string>().c_str());
}

int list(Api& api, const std::vector<std::string>& words) {
  std::string prefix;
  std::string zone;
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--prefix" && i + 1 < words.size()) {
      prefix = words[++i];
    } else if (zone.empty() && !words[i].starts_with("--")) {
      zone = words[i];
    } else {
      misuse("cache ls does not know " + words[i]);
    }
  }
  if (zone.empty()) misuse("cache ls needs a zone");
  std::printf("%3s %10s %8s %8s %s\n", "", "size", "age", "ttl", "key");
  std::vector<json> objects;
  walk(api, zone, prefix, [&objects](json& object) { objects.push_back(std::move(object)); });
  std::sort(objects.begin(), objects.end(), [](const json& a, const json& b) {
    return a["key"].get_ref<const std::string&>() < b["key"].get_ref<const std::string&>();
  });
  for (const json& object : objects) print_line(object);
  return 0;
}

int export_zone(Api& api, const std::vector<std::string>& words) {
  if (words.size() != 1) misuse("cache export needs a zone");
  walk(api, words[0], "", [](const json& object) { std::printf("%s\n", object.dump().c_str()); });
  return 0;
}

int stat_url(Api& api, const std::vector<std::string>& words) {
  if (words.size() != 1) misuse("cache stat needs a URL");
  std::printf("%s\n", api.demand("/cache/object?url=" + api.escape(words[0])).dump(2).c_str());
  return 0;
}

int purge(Api& api, const std::vector<std::string>& words) {
  json asked = json::object();
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    bool takes =
        word == "--url" || word == "--prefix" || word == "--regex" || word == "--tag" || word == "--zone";
    if (takes && i + 1 < words.size()) {
      asked[word.substr(2)] = words[++i];
    } else if (word == "--all" || word == "--soft" || word == "--count") {
      asked[word.substr(2)] = true;
    } else if (word == "--dry-run") {
      asked["dry_run"] = true;
    } else if (!word.starts_with("--")) {
      asked["url"] = word;
    } else {
      misuse("cache purge does not know " + word);
    }
  }
  std::string body = asked.dump();
  json done = api.demand("/cache/purge", &body);
  if (done.contains("would_purge")) {
    std::printf("%llu objects would go\n",
                static_cast<unsigned long long>(done["would_purge"].get<uint64_t>()));
  } else if (done.contains("purged")) {
    std::printf("%llu objects purged\n", static_cast<unsigned long long>(done["purged"].get<uint64_t>()));
  } else {
    std::printf("in force\n");
  }
  return 0;
}

double rate_of(const std::string& text) {
  char* end = nullptr;
  double number = std::strtod(text.c_str(), &end);
  if (*end != '\0' || !(number > 0)) misuse("--rate is a number above 0");
  return number;
}

/// Part by part, so that a large store shows how far it is.
json verify_zone(Api& api, const std::string& name) {
  std::string empty;
  std::string target = "/cache/verify?zone=" + api.escape(name) + "&regions=4";
  json zone = api.demand(target, &empty)["zones"][0];
  if (!zone.contains("disk")) return zone;
  Progress progress(zone["disk"]["regions"].get<uint64_t>(), "regions");
  while (zone["disk"].contains("next")) {
    uint64_t next = zone["disk"]["next"].get<uint64_t>();
    progress.at(next);
    json part = api.demand(target + "&from=" + std::to_string(next), &empty)["zones"][0];
    for (const char* count : {"objects", "damaged", "torn"}) {
      part["disk"][count] = part["disk"][count].get<uint64_t>() + zone["disk"][count].get<uint64_t>();
    }
    if (!zone["sound"].get<bool>()) {
      part["sound"] = false;
      part["wrong"] = zone["wrong"];
    }
    zone = part;
  }
  return zone;
}

int verify(Api& api) {
  bool sound = true;
  json cache = api.demand("/cache");
  for (const json& each : cache["zones"]) {
    json zone = verify_zone(api, each["name"].get<std::string>());
    sound = sound && zone["sound"].get<bool>();
    std::printf("%s: %s\n", zone["name"].get<std::string>().c_str(),
                zone["sound"].get<bool>() ? "sound" : zone["wrong"].get<std::string>().c_str());
  }
  return sound ? 0 : 1;
}

/// Waits until all was asked for; how many failed.
uint64_t watch_warming(Api& api, json& state) {
  state = api.demand("/cache/warm");
  Progress progress(state["total"].get<uint64_t>(), "URLs");
  while (state["running"].get<bool>()) {
    progress.at(state["done"].get<uint64_t>());
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    state = api.demand("/cache/warm");
  }
  return state["failed"].get<uint64_t>();
}

int warm(Api& api, const std::vector<std::string>& words) {
  constexpr size_t kAtOnce = 4 << 20;  // bytes of lines in one request
  json asked = json::object();
  std::string file;
  for (size_t i = 0; i < words.size(); ++i) {
    bool more = i + 1 < words.size();
    if (words[i] == "--file" && more) {
      file = words[++i];
    } else if (words[i] == "--base" && more) {
      asked["base"] = words[++i];
    } else if (words[i] == "--rate" && more) {
      asked["rate"] = rate_of(words[++i]);
    } else if (!words[i].starts_with("--") && !asked.contains("at")) {
      asked["at"] = words[i];
    } else {
      misuse("cache warm does not know " + words[i]);
    }
  }
  std::ifstream from;
  if (!file.empty()) from.open(file);
  if (!file.empty() && !from) fail(file + ": " + std::strerror(errno));
  std::istream& in = file.empty() ? std::cin : from;
  std::string lines;
  bool any = false;
  auto send = [&] {
    if (lines.empty()) return;
    asked["list"] = std::exchange(lines, {});
    std::string body = asked.dump(-1, ' ', false, json::error_handler_t::replace);
    api.demand("/cache/warm", &body);
    any = true;
  };
  for (std::string line; std::getline(in, line);) {
    lines += line + "\n";
    if (lines.size() > kAtOnce) send();
  }
  send();
  if (!any) return 0;
  json state;
  uint64_t failed = watch_warming(api, state);
  uint64_t done = state["done"].get<uint64_t>();
  if (failed != 0) std::fprintf(stderr, "%s\n", state["last_error"].get<std::string>().c_str());
  std::printf("%llu fetched, %llu failed\n", static_cast<unsigned long long>(done - failed),
              static_cast<unsigned long long>(failed));
  return failed == 0 ? 0 : 1;
}

int run(Api& api, const std::vector<std::string>& words) {
  if (words.size() < 2 || words[0] != "cache") misuse("what is to be done?");
  std::vector<std::string> rest(words.begin() + 2, words.end());
  if (words[1] == "get") {
    std::printf("%s\n", api.demand("/cache").dump(2).c_str());
    return 0;
  }
  if (words[1] == "ls") return list(api, rest);
  if (words[1] == "stat") return stat_url(api, rest);
  if (words[1] == "purge") return purge(api, rest);
  if (words[1] == "export") return export_zone(api, rest);
  if (words[1] == "verify") return verify(api);
  if (words[1] == "warm") return warm(api, rest);
  misuse("cache " + words[1] + " is not known");
}

}  // namespace

int main(int argc, char** argv) {
  auto from_environment = [](const char* name, const char* otherwise) {
    const char* value = std::getenv(name);
    return std::string(value != nullptr ? value : otherwise);
  };
  Settings settings;
  settings.socket = from_environment("PROXYCACHE_SOCKET", "run/proxycache.sock");
  settings.key = from_environment("PROXYCACHE_KEY", "");
  for (int option; (option = getopt(argc, argv, "+s:a:k:h")) != -1;) {
    switch (option) {
      case 's': settings.socket = optarg; break;
      case 'a': settings.address = optarg; break;
      case 'k': settings.key = optarg; break;
      case 'h': std::fputs(kUsage, stdout); return 0;
      default: std::fputs(kUsage, stderr); return 2;
    }
  }
  Api api(settings);
  return run(api, std::vector<std::string>(argv + optind, argv + argc));
}
