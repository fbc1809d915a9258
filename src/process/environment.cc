#include "process/environment.h"

#include <time.h>

#include <cstdlib>
#include <set>

namespace process {

std::vector<std::string> kept_environment(const proxy::MainConf& main) {
  std::vector<std::string> kept;
  std::set<std::string> seen;
  auto add = [&](const std::string& entry) {
    size_t equals = entry.find('=');
    std::string name = entry.substr(0, equals);
    if (!seen.insert(name).second) return;
    if (equals != std::string::npos) {
      kept.push_back(entry);
    } else if (const char* value = getenv(name.c_str()); value != nullptr) {
      kept.push_back(name + "=" + value);
    }
  };
  for (const std::string& entry : main.env) add(entry);
  add("TZ");
  return kept;
}

void set_environment(const std::vector<std::string>& variables) {
  clearenv();
  for (const std::string& variable : variables) {
    size_t equals = variable.find('=');
    setenv(variable.substr(0, equals).c_str(), variable.c_str() + equals + 1, 1);
  }
  tzset();  // localtime_r() does not look by itself
}

}  // namespace process
