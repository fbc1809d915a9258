#include "process/command_line.h"

#include <algorithm>
#include <iterator>

namespace process {

namespace {

/// An option that takes a value: "-cFILE" or "-c FILE".
struct Valued {
  char letter;
  std::string_view value_name;  ///< as the error says it
};
constexpr Valued kValued[] = {
    {'p', "directory name"}, {'e', "file name"}, {'c', "file name"},
    {'g', "parameter"},      {'s', "parameter"}, {'M', "parameter"},
};

constexpr std::string_view kSignals[] = {"stop", "quit", "reopen", "reload"};
constexpr std::string_view kManuals[] = {"man", "html", "differences", "names"};

template <size_t N>
bool is_one_of(const std::string_view (&words)[N], std::string_view word) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

base::Result<void> set_value(CommandLine& line, char letter, std::string value) {
  switch (letter) {
    case 'p': line.prefix = std::move(value); break;
    case 'e': line.error_log = std::move(value); break;
    case 'c': line.conf = std::move(value); break;
    case 'g': line.global = std::move(value); break;
    case 's':
      if (!is_one_of(kSignals, value)) return base::fail("invalid option: \"-s {}\"", value);
      line.signal = std::move(value);
      break;
    case 'M':
      if (!is_one_of(kManuals, value)) return base::fail("invalid option: \"-M {}\"", value);
      line.manual = std::move(value);
      break;
  }
  return {};
}

bool set_flag(CommandLine& line, char letter) {
  switch (letter) {
    case '?':
    case 'h': line.show_version = line.show_help = true; return true;
    case 'v': line.show_version = true; return true;
    case 'V': line.show_version = line.show_configure = true; return true;
    case 't': line.test = true; return true;
    case 'T': line.test = line.dump = true; return true;
    case 'q': line.quiet = true; return true;
  }
  return false;
}

}  // namespace

base::Result<CommandLine> parse_command_line(std::span<const char* const> arguments) {
  CommandLine line;
  for (size_t i = 0; i < arguments.size(); ++i) {
    std::string_view word = arguments[i];
    if (!word.starts_with('-')) return base::fail("invalid option: \"{}\"", word);
    word.remove_prefix(1);
    while (!word.empty()) {
      char letter = word.front();
      word.remove_prefix(1);
      if (set_flag(line, letter)) continue;
      auto valued = std::find_if(std::begin(kValued), std::end(kValued),
                                 [letter](const Valued& option) { return option.letter == letter; });
      if (valued == std::end(kValued)) return base::fail("invalid option: \"{}\"", letter);
      // The rest of the word is the value; when nothing is left, the next word is.
      if (word.empty()) {
        if (++i == arguments.size())
          return base::fail("option \"-{}\" requires {}", letter, valued->value_name);
        word = arguments[i];
      }
      base::Result<void> set = set_value(line, letter, std::string(word));
      if (!set) return tl::unexpected(set.error());
      break;
    }
  }
  return line;
}

}  // namespace process
