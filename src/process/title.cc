#include "process/title.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace process {

Title::Title(int count, char** arguments, std::string name) : name_(std::move(name)) {
  arguments_.assign(arguments, arguments + count);
  if (count == 0) return;
  // The kernel lays the strings out one behind the other; what is not adjacent is not ours to write over.
  memory_ = arguments[0];
  char* end = memory_;
  auto extend = [&end](char* text) {
    if (text == end) end = text + std::strlen(text) + 1;
  };
  for (int i = 0; i < count; ++i) extend(arguments[i]);
  for (char** variable = environ; *variable != nullptr; ++variable) extend(*variable);
  size_ = static_cast<size_t>(end - memory_);

  for (char** variable = environ; *variable != nullptr; ++variable) {
    // Kept for as long as the process: getenv() hands pointers out.
    if (*variable >= memory_ && *variable < end) *variable = strdup(*variable);
  }
}

void Title::show(std::string_view text) {
  if (size_ < 2) return;
  std::string title = name_ + ": " + std::string(text);
  size_t length = std::min(title.size(), size_ - 1);
  std::memcpy(memory_, title.data(), length);
  std::memset(memory_ + length, 0, size_ - length);
}

}  // namespace process
