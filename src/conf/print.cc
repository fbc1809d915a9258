#include <optional>

#include "conf/parser.h"

namespace conf {
namespace {

constexpr size_t kIndent = 4;

// A backslash before one of these would be taken off with it, or would not reach it.
bool loses_backslash(std::string_view text, size_t i) {
  if (i + 1 == text.size()) return true;
  constexpr std::string_view kSpecial = "\"'\\trn\t\r\n";
  return kSpecial.find(text[i + 1]) != std::string_view::npos;
}

void add_control(char c, std::string& out) { out += c == '\t' ? "\\t" : c == '\r' ? "\\r" : "\\n"; }

std::string with_quotes(std::string_view text) {
  bool has_double = text.find('"') != std::string_view::npos;
  char quote = has_double && text.find('\'') == std::string_view::npos ? '\'' : '"';
  std::string out(1, quote);
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '\t' || c == '\r' || c == '\n') {
      add_control(c, out);
    } else if (c == '\\' && !loses_backslash(text, i)) {
      out += c;
      out += text[++i];
    } else {
      if (c == '\\' || c == quote) out += '\\';
      out += c;
    }
  }
  return out + quote;
}

// The word without quotes; nothing when it cannot stand so.
std::optional<std::string> bare(std::string_view text) {
  constexpr std::string_view kNotFirst = "{}#";
  if (text.empty() || kNotFirst.find(text[0]) != std::string_view::npos) return std::nullopt;
  std::string out;
  bool variable = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == ' ' || c == ';' || (c == '{' && !variable)) return std::nullopt;
    if (c != '{') variable = c == '$';
    if (c == '\t' || c == '\r' || c == '\n') {
      add_control(c, out);
    } else if (c == '\\') {
      // "\$" before "{" would take the "$" out of "${".
      bool variable_follows = text.substr(i + 1).starts_with("${");
      out += c;
      if (loses_backslash(text, i) || variable_follows) {
        out += c;
      } else {
        out += text[++i];
      }
    } else {
      if (i == 0 && (c == '"' || c == '\'')) out += '\\';
      out += c;
    }
  }
  return out;
}

void print_word(const Word& word, std::string& out) {
  if (!word.quoted) {
    if (std::optional<std::string> text = bare(word.text)) {
      out += *text;
      return;
    }
  }
  out += with_quotes(word.text);
}

void print_block(const std::vector<Directive>& block, size_t depth, std::string& out) {
  for (const Directive& directive : block) {
    out.append(depth * kIndent, ' ');
    print_word(directive.name, out);
    for (const Word& word : directive.args) {
      out += ' ';
      print_word(word, out);
    }
    if (!directive.has_block) {
      out += ";\n";
      continue;
    }
    out += " {\n";
    print_block(directive.block, depth + 1, out);
    out.append(depth * kIndent, ' ');
    out += "}\n";
  }
}

bool same_word(const Word& a, const Word& b) { return a.text == b.text && a.quoted == b.quoted; }

bool same_directive(const Directive& a, const Directive& b) {
  if (!same_word(a.name, b.name) || a.has_block != b.has_block || a.args.size() != b.args.size())
    return false;
  for (size_t i = 0; i < a.args.size(); ++i) {
    if (!same_word(a.args[i], b.args[i])) return false;
  }
  return same_directives(a.block, b.block);
}

}  // namespace

std::string print(const Tree& tree) {
  std::string out;
  print_block(tree.directives, 0, out);
  // Three bytes that would be skipped as a byte order mark are a name here.
  if (out.starts_with("\xef\xbb\xbf")) out.insert(0, 1, '\n');
  return out;
}

bool same_directives(const std::vector<Directive>& a, const std::vector<Directive>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!same_directive(a[i], b[i])) return false;
  }
  return true;
}

}  // namespace conf
