#include "modules/cache/warm_list.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "base/text.h"

namespace cache_module {

namespace {

/// The line of an export: its URL, or its key where that is one.
std::string url_of_json(std::string_view line) {
  nlohmann::json value = nlohmann::json::parse(line, nullptr, false);
  if (!value.is_object()) return {};
  for (const char* name : {"url", "key"}) {
    auto found = value.find(name);
    if (found != value.end() && found->is_string()) return found->get<std::string>();
  }
  return {};
}

/// The target of a GET in a line as nginx's "combined" format has it.
std::string url_of_log(std::string_view line, std::string_view base) {
  constexpr std::string_view kGet = "\"GET ";
  size_t at = line.find(kGet);
  if (at == std::string_view::npos || base.empty()) return {};
  line.remove_prefix(at + kGet.size());
  std::string_view target = line.substr(0, line.find_first_of(" \""));
  return target.starts_with('/') ? std::string(base).append(target) : std::string(target);
}

std::string url_of(std::string_view line, std::string_view base) {
  if (line.starts_with("http://")) return std::string(line.substr(0, line.find_first_of(" \t")));
  std::string url = line.starts_with('{') ? url_of_json(line) : url_of_log(line, base);
  return url.starts_with("http://") ? url : std::string();
}

}  // namespace

WarmList read_warm_list(std::string_view text, std::string_view base) {
  WarmList list;
  std::vector<size_t> asked;
  std::unordered_map<std::string, size_t> seen;
  while (base.ends_with('/')) base.remove_suffix(1);
  base::split(text, '\n', [&](std::string_view line) {
    line = base::trim(line);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.front() == '#') return;
    std::string url = url_of(line, base);
    if (url.empty()) {
      ++list.skipped;
      return;
    }
    auto [place, fresh] = seen.emplace(url, list.urls.size());
    if (!fresh) {
      ++asked[place->second];
      return;
    }
    list.urls.push_back(std::move(url));
    asked.push_back(1);
  });
  std::vector<size_t> order(list.urls.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return asked[a] > asked[b]; });
  std::vector<std::string> sorted;
  sorted.reserve(order.size());
  for (size_t i : order) sorted.push_back(std::move(list.urls[i]));
  list.urls = std::move(sorted);
  return list;
}

}  // namespace cache_module
