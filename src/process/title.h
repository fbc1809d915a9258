// The name a process shows in ps: the memory that held its arguments and environment, written over.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace process {

class Title {
 public:
  /// Copies arguments and environment away, so that their memory is free for titles. Once, in main().
  Title(int count, char** arguments, std::string name);

  /// Shows "name: text"; what does not fit is cut.
  void show(std::string_view text);
  /// The arguments as they were given.
  const std::vector<std::string>& arguments() const { return arguments_; }

 private:
  std::string name_;
  std::vector<std::string> arguments_;
  char* memory_ = nullptr;
  size_t size_ = 0;
};

}  // namespace process
