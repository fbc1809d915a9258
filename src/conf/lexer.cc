#include "conf/lexer.h"

#include <algorithm>
#include <utility>

namespace conf {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// A byte of the text as a message can show it.
std::string shown(char c) {
  unsigned char byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte >= 0x7f ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
}

}  // namespace

Lexer::Lexer(std::string_view text, uint32_t file, Diagnostics& diagnostics)
    : text_(text), diagnostics_(diagnostics), file_(file) {
  // Some editors start a file with a byte order mark; it is no part of the first word.
  if (text_.starts_with("\xef\xbb\xbf")) at_ = line_start_ = 3;
}

void Lexer::error(Position at, std::string message) {
  if (gave_up_) return;
  diagnostics_.add({Severity::error, at, std::move(message)});
  if (++errors_ < kMaxErrors) return;
  gave_up_ = true;
  at_ = text_.size();
  diagnostics_.add(
      {Severity::error, at, fmt::format("more than {} errors: the rest is not read", kMaxErrors - 1)});
}

void Lexer::step() {
  if (text_[at_++] != '\n') return;
  ++line_;
  line_start_ = at_;
}

void Lexer::skip_space_and_comments() {
  while (at_ < text_.size()) {
    if (text_[at_] == '#') {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (is_space(text_[at_])) {
      step();
    } else {
      return;
    }
  }
}

Token Lexer::next() {
  if (put_back_) return *std::exchange(put_back_, std::nullopt);
  if (end_directive_) {
    end_directive_ = false;
    return {Token::Kind::semicolon, {}, here()};
  }
  skip_space_and_comments();
  Position at = here();
  if (at_ == text_.size() || gave_up_) return {Token::Kind::end, {}, at};
  switch (text_[at_]) {
    case ';': ++at_; return {Token::Kind::semicolon, {}, at};
    case '{': ++at_; return {Token::Kind::open, {}, at};
    case '}': ++at_; return {Token::Kind::close, {}, at};
    case '"':
    case '\'': return quoted_word();
    default: return bare_word();
  }
}

Token Lexer::bare_word() {
  Token token{Token::Kind::word, {}, here()};
  size_t begin = at_;
  bool variable = false;  // after "$", where "{" belongs to the name of a variable
  while (at_ < text_.size()) {
    char c = text_[at_];
    if (is_space(c) || c == ';' || (c == '{' && !variable)) break;
    if (c == '\\' && at_ + 1 < text_.size()) step();
    if (c != '{') variable = c == '$';
    step();
  }
  if (at_ - begin > kMaxWord) error(token.at, fmt::format("word is longer than {} bytes", kMaxWord));
  token.word = {unescape(text_.substr(begin, at_ - begin)), token.at, false};
  return token;
}

Token Lexer::quoted_word() {
  Token token{Token::Kind::word, {}, here()};
  size_t opened_at = at_;
  size_t opened_line_start = line_start_;
  char quote = text_[at_];
  ++at_;
  while (at_ < text_.size() && text_[at_] != quote && at_ - opened_at <= kMaxWord) {
    if (text_[at_] == '\\' && at_ + 1 < text_.size()) step();
    step();
  }
  if (at_ >= text_.size() || text_[at_] != quote) {
    return cut_at_line_end(std::move(token), opened_at, opened_line_start,
                           fmt::format("this {} is never closed", quote));
  }
  token.word = {unescape(text_.substr(opened_at + 1, at_ - opened_at - 1)), token.at, true};
  ++at_;
  if (at_ == text_.size() || is_space(text_[at_]) || text_[at_] == ';' || text_[at_] == '{' ||
      text_[at_] == ')') {
    return token;
  }
  // A quote that was forgotten pairs with one of a later line, and what follows that one looks wrong: blame
  // the first.
  if (line_ != token.at.line) {
    return cut_at_line_end(
        std::move(token), opened_at, opened_line_start,
        fmt::format("this {} is closed only in line {}, where \"{}\" follows: a closing one is missing",
                    quote, line_, shown(text_[at_])));
  }
  error(here(),
        fmt::format("unexpected \"{}\" after a quoted word: a space, \";\", \"{{\" or \")\" must follow it",
                    shown(text_[at_])));
  return token;
}

Token Lexer::cut_at_line_end(Token token, size_t opened_at, size_t opened_line_start, std::string message) {
  size_t line_end = std::min(text_.find('\n', opened_at), text_.size());
  size_t end = line_end;
  while (end > opened_at + 1 && is_space(text_[end - 1])) --end;
  bool terminated = end > opened_at + 1 && (text_[end - 1] == ';' || text_[end - 1] == '{');
  if (terminated) --end;
  end_directive_ = !terminated;
  line_ = token.at.line;
  line_start_ = opened_line_start;
  at_ = terminated ? end : line_end;
  token.word = {unescape(text_.substr(opened_at + 1, end - opened_at - 1)), token.at, true};
  error(token.at, std::move(message));
  return token;
}

std::string unescape(std::string_view raw) {
  std::string text;
  text.reserve(raw.size());
  for (size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '\\' || i + 1 == raw.size()) {
      text += raw[i];
      continue;
    }
    char next = raw[++i];
    switch (next) {
      case '"':
      case '\'':
      case '\\': text += next; break;
      case 't': text += '\t'; break;
      case 'r': text += '\r'; break;
      case 'n': text += '\n'; break;
      default: text += '\\'; text += next;
    }
  }
  return text;
}

}  // namespace conf
