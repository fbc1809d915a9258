#include "conf/diagnostics.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace conf {
namespace {

// Of a line longer than this only the part around the caret is shown.
constexpr size_t kShownBefore = 70;
constexpr size_t kShownAfter = 40;

auto place(const Diagnostic& diagnostic) {
  return std::tuple(diagnostic.at.file, diagnostic.at.line, diagnostic.at.column);
}

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// What a terminal must not be told to do.
char harmless(char c) {
  unsigned char byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7f ? '?' : c;
}

std::string_view line_of(std::string_view text, uint32_t line) {
  for (; line > 1; --line) {
    size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

// The line, cut to what surrounds `column` (bytes, from 1), and below it a caret under that column.
std::string with_caret(std::string_view line, size_t column) {
  size_t caret = std::min(column - 1, line.size());
  size_t begin = caret > kShownBefore ? caret - kShownBefore : 0;
  size_t end = std::min(line.size(), caret + kShownAfter);
  while (begin < caret && continues_character(line[begin])) ++begin;
  while (end < line.size() && continues_character(line[end])) ++end;
  std::string shown = begin > 0 ? "..." : "";
  std::string indent(shown.size(), ' ');
  for (size_t i = begin; i < end; ++i) {
    shown += harmless(line[i]);
    if (i < caret && !continues_character(line[i])) indent += line[i] == '\t' ? '\t' : ' ';
  }
  if (end < line.size()) shown += "...";
  return "    " + shown + "\n    " + indent + "^";
}

}  // namespace

void Diagnostics::add(Diagnostic diagnostic) {
  auto spot = std::upper_bound(all_.begin(), all_.end(), diagnostic,
                               [](const Diagnostic& a, const Diagnostic& b) { return place(a) < place(b); });
  for (auto earlier = spot; earlier != all_.begin();) {
    --earlier;
    if (place(*earlier) != place(diagnostic)) break;
    if (earlier->message == diagnostic.message) return;
  }
  if (diagnostic.severity == Severity::error) ++errors_;
  all_.insert(spot, std::move(diagnostic));
}

std::string Diagnostics::print(const Diagnostic& diagnostic, const Tree& tree) const {
  const Position& at = diagnostic.at;
  if (at.line == 0 || at.column == 0 || at.file >= tree.files.size()) return diagnostic.message;
  const SourceFile& file = tree.files[at.file];
  return fmt::format("{}:{}:{}: {}\n{}", file.path, at.line, at.column, diagnostic.message,
                     with_caret(line_of(file.text, at.line), at.column));
}

}  // namespace conf
