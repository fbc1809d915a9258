// From text to words, ";", "{" and "}" by nginx's rules. Owns nothing: the text must outlive it. Every error
// is reported where it stands, and the next word is found again so that one mistake gives one message.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "conf/diagnostics.h"
#include "conf/tree.h"

namespace conf {

struct Token {
  enum class Kind : uint8_t { word, semicolon, open, close, end };
  Kind kind = Kind::end;
  Word word;  ///< of a word
  Position at;
};

class Lexer {
 public:
  /// A longer word is taken for a quote that was never closed.
  static constexpr size_t kMaxWord = 65536;
  /// After as many errors the rest of the text is left unread.
  static constexpr size_t kMaxErrors = 100;

  Lexer(std::string_view text, uint32_t file, Diagnostics& diagnostics);

  /// The next token; `end` again and again after the last.
  Token next();
  /// Makes `token` the next one again; one at a time.
  void put_back(Token token) { put_back_ = std::move(token); }

  /// Reports a syntax error and counts it.
  void error(Position at, std::string message);
  /// More than kMaxErrors were found: what is missing at the end is not worth a message.
  bool gave_up() const { return gave_up_; }

 private:
  Position here() const { return {file_, line_, static_cast<uint32_t>(at_ - line_start_ + 1)}; }
  void step();
  void skip_space_and_comments();
  Token bare_word();
  Token quoted_word();
  Token cut_at_line_end(Token token, size_t opened_at, size_t opened_line_start, std::string message);

  std::string_view text_;
  Diagnostics& diagnostics_;
  uint32_t file_;
  uint32_t line_ = 1;
  size_t at_ = 0;
  size_t line_start_ = 0;
  size_t errors_ = 0;
  bool gave_up_ = false;
  std::optional<Token> put_back_;
  bool end_directive_ = false;  // a ";" is made up at the end of a line cut short
};

/// `raw` with \" \' \\ \t \r \n replaced; every other backslash stays, so \.php$ survives.
std::string unescape(std::string_view raw);

}  // namespace conf
