#include "process/cpu_count.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string_view>

#include "base/text.h"

namespace process {

namespace {

/// `limit` of every `period` microseconds; nullopt when either is not a positive number.
std::optional<double> share(std::string_view limit, std::string_view period) {
  std::optional<uint64_t> allowed = base::parse_uint(limit);
  std::optional<uint64_t> of = base::parse_uint(period);
  if (!allowed || !of || *allowed == 0 || *of == 0) return std::nullopt;
  return static_cast<double>(*allowed) / static_cast<double>(*of);
}

std::string_view first_line(const std::string& text) {
  return base::trim(std::string_view(text).substr(0, text.find('\n')));
}

/// "200000 100000" or "max 100000".
std::optional<double> quota_v2(const ReadText& read, const std::string& folder) {
  std::optional<std::string> text = read(folder + "/cpu.max");
  if (!text) return std::nullopt;
  std::string_view line = first_line(*text);
  size_t space = line.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  return share(line.substr(0, space), base::trim(line.substr(space)));
}

/// The quota is -1 when there is none.
std::optional<double> quota_v1(const ReadText& read, const std::string& folder) {
  std::optional<std::string> quota = read(folder + "/cpu.cfs_quota_us");
  std::optional<std::string> period = read(folder + "/cpu.cfs_period_us");
  if (!quota || !period) return std::nullopt;
  return share(first_line(*quota), first_line(*period));
}

using QuotaOf = std::optional<double> (*)(const ReadText& read, const std::string& folder);

/// The smallest quota of the group and all above it: each of them binds.
std::optional<double> least_up_to(const ReadText& read, const std::string& root, std::string group,
                                  QuotaOf quota_of) {
  std::optional<double> least;
  for (;;) {
    while (group.ends_with('/')) group.pop_back();
    std::optional<double> quota = quota_of(read, root + group);
    if (quota && (!least || *quota < *least)) least = quota;
    size_t slash = group.rfind('/');
    if (slash == std::string::npos) return least;
    group.resize(slash);
  }
}

bool has_cpu(std::string_view controllers) {
  bool found = false;
  base::split(controllers, ',', [&](std::string_view controller) { found |= controller == "cpu"; });
  return found;
}

}  // namespace

std::optional<std::string> read_text(const std::string& path) {
  std::ifstream file(path);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

unsigned usable_cpus() {
  // More CPUs than cpu_set_t holds answer EINVAL.
  for (int cpus = CPU_SETSIZE; cpus <= 1 << 20; cpus *= 4) {
    cpu_set_t* set = CPU_ALLOC(cpus);
    size_t size = CPU_ALLOC_SIZE(cpus);
    int result = sched_getaffinity(0, size, set);
    int count = result == 0 ? CPU_COUNT_S(size, set) : 0;
    CPU_FREE(set);
    if (count > 0) return static_cast<unsigned>(count);
  }
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? static_cast<unsigned>(online) : 1;
}

std::optional<double> cpu_quota(const ReadText& read) {
  std::optional<std::string> groups = read("/proc/self/cgroup");
  if (!groups) return std::nullopt;
  std::optional<double> least;
  auto consider = [&least](std::optional<double> quota) {
    if (quota && (!least || *quota < *least)) least = quota;
  };
  // Lines are "number:controllers:/path"; v2 has the number 0 and no controllers.
  base::split(*groups, '\n', [&](std::string_view line) {
    size_t first = line.find(':');
    size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) return;
    std::string_view controllers = line.substr(first + 1, second - first - 1);
    std::string path(line.substr(second + 1));
    if (controllers.empty()) {
      consider(least_up_to(read, "/sys/fs/cgroup", path, quota_v2));
    } else if (has_cpu(controllers)) {
      consider(least_up_to(read, "/sys/fs/cgroup/cpu", path, quota_v1));
      consider(least_up_to(read, "/sys/fs/cgroup/cpu,cpuacct", path, quota_v1));
    }
  });
  return least;
}

unsigned cpu_count(unsigned usable, std::optional<double> quota) {
  if (!quota) return std::max(usable, 1u);
  double whole = std::ceil(std::min(*quota, static_cast<double>(usable)));
  return std::max(static_cast<unsigned>(whole), 1u);
}

}  // namespace process
