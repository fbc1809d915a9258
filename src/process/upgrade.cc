#include "process/upgrade.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <limits>

#include "base/text.h"
#include "process/signals.h"

namespace process {

std::string Inheritance::print() const {
  std::string text = fmt::format("generation={} listen=", generation);
  for (size_t i = 0; i < listening.size(); ++i) text += fmt::format("{}{}", i == 0 ? "" : ",", listening[i]);
  return text + " events=" + events + " segments=" + segments;
}

base::Result<Inheritance> Inheritance::parse(std::string_view text) {
  Inheritance inheritance;
  bool sound = true;
  // Last, because names of segments may hold spaces.
  constexpr std::string_view kSegments = " segments=";
  size_t segments = text.find(kSegments);
  if (segments != std::string_view::npos) inheritance.segments = text.substr(segments + kSegments.size());
  base::split(text.substr(0, segments), ' ', [&](std::string_view part) {
    size_t equals = part.find('=');
    if (equals == std::string_view::npos) return;
    std::string_view key = part.substr(0, equals);
    std::string_view value = part.substr(equals + 1);
    if (key == "generation") {
      std::optional<uint64_t> number = base::parse_uint(value);
      sound = sound && number && *number <= std::numeric_limits<uint32_t>::max();
      if (sound) inheritance.generation = static_cast<uint32_t>(*number);
    } else if (key == "listen") {
      base::split(value, ',', [&](std::string_view item) {
        std::optional<uint64_t> fd = base::parse_uint(item);
        sound = sound && fd && *fd > STDERR_FILENO && *fd < (1u << 20);
        if (sound) inheritance.listening.push_back(static_cast<int>(*fd));
      });
    } else if (key == "events") {
      inheritance.events = value;
    }
  });
  if (!sound) return base::fail("invalid {}=\"{}\"", kInheritVariable, text);
  return inheritance;
}

int exec_new_binary(const std::string& program, const std::vector<std::string>& arguments,
                    std::vector<std::string> variables, uint32_t generation, const OpenSockets& listening,
                    const shm::ProcessTable& processes, const shm::Segments& segments) {
  Inheritance inheritance;
  inheritance.generation = generation;
  for (const std::shared_ptr<ListeningSocket>& socket : listening) {
    fcntl(socket->fd.get(), F_SETFD, 0);
    inheritance.listening.push_back(socket->fd.get());
  }
  inheritance.events = processes.hand_over();
  inheritance.segments = segments.hand_over();
  variables.push_back(fmt::format("{}={}", kInheritVariable, inheritance.print()));

  auto pointers = [](const std::vector<std::string>& texts) {
    std::vector<char*> list;
    for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
    list.push_back(nullptr);
    return list;
  };
  std::vector<char*> argument_list = pointers(arguments);
  std::vector<char*> variable_list = pointers(variables);
  // A blocked signal stays blocked over exec, and then the new binary would not hear it while it starts.
  unblock_signals();
  execve(program.c_str(), argument_list.data(), variable_list.data());
  return errno;
}

std::string program_path(const std::string& argument) {
  if (argument.find('/') != std::string::npos) {
    char folder[PATH_MAX];
    if (argument.starts_with('/') || getcwd(folder, sizeof folder) == nullptr) return argument;
    return std::string(folder) + "/" + argument;
  }
  const char* path = getenv("PATH");
  std::string found;
  base::split(path == nullptr ? "" : path, ':', [&](std::string_view folder) {
    std::string candidate = std::string(folder) + "/" + argument;
    if (found.empty() && access(candidate.c_str(), X_OK) == 0) found = candidate;
  });
  if (!found.empty()) return found;
  char self[PATH_MAX];
  ssize_t size = readlink("/proc/self/exe", self, sizeof self);
  return size > 0 ? std::string(self, static_cast<size_t>(size)) : argument;
}

}  // namespace process
