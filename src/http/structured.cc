#include "http/structured.h"

#include <fmt/format.h>

#include "base/text.h"
#include "http/syntax.h"

namespace http::structured {
namespace {

constexpr size_t kMaxMembers = 1024;  // RFC 9651 §3.1 and §3.2: what a parser must take at least
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool is_key_start(char c) { return (c >= 'a' && c <= 'z') || c == '*'; }
bool is_key_char(char c) { return is_key_start(c) || base::is_digit(c) || c == '_' || c == '-' || c == '.'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// The parsing algorithms of RFC 9651 §4.2, one function each. Every one returns false for a value to be
// ignored.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  bool item(Item& out) { return bare(out.value) && parameters(out.parameters); }

  bool member(Member& out) {
    if (next() != '(') return item(out.item);
    advance();
    out.list.emplace();
    while (true) {
      spaces();
      if (next() == ')') break;
      if (out.list->size() >= kMaxMembers || !item(out.list->emplace_back())) return false;
      if (next() != ' ' && next() != ')') return false;
    }
    advance();
    return parameters(out.item.parameters);
  }

  bool key(std::string& out) {
    if (!is_key_start(next())) return false;
    size_t size = 1;
    while (size < text_.size() && is_key_char(text_[size])) size++;
    out.assign(text_.substr(0, size));
    text_.remove_prefix(size);
    return true;
  }

  /// After a member: false for bad syntax; `more` tells whether another follows.
  bool comma(bool& more) {
    optional_space();
    more = !text_.empty();
    if (!more) return true;
    if (next() != ',') return false;
    advance();
    optional_space();
    return !text_.empty();
  }

  bool parameters(Parameters& out) {
    while (next() == ';') {
      advance();
      spaces();
      std::string name;
      Value value = true;
      if (out.size() >= kMaxMembers || !key(name)) return false;
      if (next() == '=') {
        advance();
        if (!bare(value)) return false;
      }
      put(out, std::move(name), std::move(value));
    }
    return true;
  }

  char next() const { return text_.empty() ? '\0' : text_[0]; }
  void advance() { text_.remove_prefix(1); }
  void spaces() {
    while (next() == ' ') advance();
  }
  bool done() const { return text_.empty(); }

  /// RFC 9651: a name that comes again overwrites the value.
  template <class T>
  static void put(std::vector<std::pair<std::string, T>>& to, std::string name, T value) {
    for (auto& [key, old] : to) {
      if (key != name) continue;
      old = std::move(value);
      return;
    }
    to.emplace_back(std::move(name), std::move(value));
  }

 private:
  void optional_space() {
    while (next() == ' ' || next() == '\t') advance();
  }

  bool bare(Value& out) {
    char c = next();
    if (c == '-' || base::is_digit(c)) return number(out);
    if (c == '"') return string(out);
    if (c == '*' || is_letter(c)) return token(out);
    if (c == ':') return bytes(out);
    if (c == '?') return boolean(out);
    if (c == '@') return date(out);
    return false;
  }

  bool number(Value& out) {
    bool negative = next() == '-';
    if (negative) advance();
    int64_t whole = 0;
    size_t digits = 0;
    for (; base::is_digit(next()); advance()) {
      if (++digits > 15) return false;
      whole = whole * 10 + (next() - '0');
    }
    if (digits == 0) return false;
    if (next() != '.') {
      out = negative ? -whole : whole;
      return true;
    }
    if (digits > 12) return false;
    advance();
    int64_t fraction = 0;
    size_t places = 0;
    for (; base::is_digit(next()); advance()) {
      if (++places > 3) return false;
      fraction = fraction * 10 + (next() - '0');
    }
    if (places == 0) return false;
    for (; places < 3; places++) fraction *= 10;
    int64_t thousandths = whole * 1000 + fraction;
    out = Decimal{negative ? -thousandths : thousandths};
    return true;
  }

  bool string(Value& out) {
    std::string content;
    for (advance(); !done(); advance()) {
      char c = next();
      if (c == '"') {
        advance();
        out = std::move(content);
        return true;
      }
      if (c == '\\') {
        advance();
        c = next();
        if (c != '"' && c != '\\') return false;
      } else if (c < 0x20 || c >= 0x7f) {
        return false;
      }
      content += c;
    }
    return false;
  }

  bool token(Value& out) {
    size_t size = 1;
    while (size < text_.size() && (is(text_[size], kToken) || text_[size] == ':' || text_[size] == '/'))
      size++;
    out = Token{std::string(text_.substr(0, size))};
    text_.remove_prefix(size);
    return true;
  }

  bool bytes(Value& out) {
    size_t end = text_.find(':', 1);
    if (end == std::string_view::npos) return false;
    std::string_view encoded = text_.substr(1, end - 1);
    text_.remove_prefix(end + 1);
    while (encoded.ends_with('=')) encoded.remove_suffix(1);
    Bytes decoded;
    uint32_t bits = 0;
    int held = 0;
    for (char c : encoded) {
      size_t value = kBase64.find(c);
      if (value == std::string_view::npos) return false;
      bits = bits << 6 | static_cast<uint32_t>(value);
      held += 6;
      if (held < 8) continue;
      held -= 8;
      decoded.bytes += static_cast<char>(bits >> held);
    }
    out = std::move(decoded);
    return held < 6;
  }

  bool boolean(Value& out) {
    advance();
    if (next() != '0' && next() != '1') return false;
    out = next() == '1';
    advance();
    return true;
  }

  bool date(Value& out) {
    advance();
    Value seconds;
    if (!number(seconds) || !std::holds_alternative<int64_t>(seconds)) return false;
    out = Date{std::get<int64_t>(seconds)};
    return true;
  }

  std::string_view text_;
};

std::string_view trim_spaces(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::string print_bytes(std::string_view bytes) {
  std::string out = ":";
  uint32_t bits = 0;
  int held = 0;
  for (char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (held += 8; held >= 6;) {
      held -= 6;
      out += kBase64[bits >> held & 63];
    }
  }
  if (held > 0) out += kBase64[bits << (6 - held) & 63];
  while (out.size() % 4 != 1) out += '=';
  return out + ":";
}

std::string print_string(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c < 0x20 || c >= 0x7f) continue;
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string print_decimal(int64_t thousandths) {
  std::string out = fmt::format("{}{}.{:03}", thousandths < 0 ? "-" : "", std::abs(thousandths) / 1000,
                                std::abs(thousandths) % 1000);
  while (out.ends_with('0') && out[out.size() - 2] != '.') out.pop_back();
  return out;
}

std::string print_parameters(const Parameters& parameters) {
  std::string out;
  for (const auto& [name, value] : parameters) {
    out += ';' + name;
    const bool* truth = std::get_if<bool>(&value);
    if (truth == nullptr || !*truth) out += '=' + print(value);
  }
  return out;
}

std::string print_member(const Member& member) {
  if (!member.list) return print(member.item);
  std::string out = "(";
  for (const Item& item : *member.list) {
    if (out.size() > 1) out += ' ';
    out += print(item);
  }
  return out + ")" + print_parameters(member.item.parameters);
}

}  // namespace

const Value* Item::find(std::string_view name) const {
  for (const auto& [key, content] : parameters) {
    if (key == name) return &content;
  }
  return nullptr;
}

std::optional<Item> parse_item(std::string_view text) {
  Parser parser(trim_spaces(text));
  Item out;
  if (!parser.item(out) || !parser.done()) return std::nullopt;
  return out;
}

std::optional<List> parse_list(std::string_view text) {
  Parser parser(trim_spaces(text));
  List out;
  bool more = !parser.done();
  while (more) {
    if (out.size() >= kMaxMembers || !parser.member(out.emplace_back()) || !parser.comma(more))
      return std::nullopt;
  }
  return out;
}

std::optional<Dictionary> parse_dictionary(std::string_view text) {
  Parser parser(trim_spaces(text));
  Dictionary out;
  bool more = !parser.done();
  while (more) {
    std::string name;
    Member member;
    if (out.size() >= kMaxMembers || !parser.key(name)) return std::nullopt;
    if (parser.next() == '=') {
      parser.advance();
      if (!parser.member(member)) return std::nullopt;
    } else if (!parser.parameters(member.item.parameters)) {
      return std::nullopt;
    }
    Parser::put(out, std::move(name), std::move(member));
    if (!parser.comma(more)) return std::nullopt;
  }
  return out;
}

const Member* find(const Dictionary& dictionary, std::string_view name) {
  for (const auto& [key, member] : dictionary) {
    if (key == name) return &member;
  }
  return nullptr;
}

std::string print(const Value& value) {
  struct Printer {
    std::string operator()(bool truth) const { return truth ? "?1" : "?0"; }
    std::string operator()(int64_t number) const { return fmt::format("{}", number); }
    std::string operator()(const Decimal& number) const { return print_decimal(number.thousandths); }
    std::string operator()(const std::string& text) const { return print_string(text); }
    std::string operator()(const Token& token) const { return token.text; }
    std::string operator()(const Bytes& content) const { return print_bytes(content.bytes); }
    std::string operator()(const Date& date) const { return fmt::format("@{}", date.seconds); }
  };
  return std::visit(Printer(), value);
}

std::string print(const Item& item) { return print(item.value) + print_parameters(item.parameters); }

std::string print(const List& list) {
  std::string out;
  for (const Member& member : list) {
    if (!out.empty()) out += ", ";
    out += print_member(member);
  }
  return out;
}

std::string print(const Dictionary& dictionary) {
  std::string out;
  for (const auto& [name, member] : dictionary) {
    if (!out.empty()) out += ", ";
    const bool* truth = std::get_if<bool>(&member.item.value);
    bool only_name = !member.list && truth != nullptr && *truth;
    out += only_name ? name + print_parameters(member.item.parameters) : name + "=" + print_member(member);
  }
  return out;
}

}  // namespace http::structured
