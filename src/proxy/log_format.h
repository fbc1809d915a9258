// A log_format, compiled: each line is appended to a buffer, escaped on the way, without an allocation for
// the usual formats.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "conf/tree.h"
#include "exchange/builder.h"
#include "exchange/template.h"

namespace exchange {
class Exchange;
class Subject;
}  // namespace exchange

namespace proxy {

class LogFormat {
 public:
  enum class Escape : uint8_t { standard, json, none };

  /// `words`: what follows the name in `log_format name [escape=…] string …`. Variables are bound when the
  /// builder finishes.
  static base::Result<std::shared_ptr<LogFormat>> compile(const std::vector<conf::Word>& words,
                                                          exchange::Builder& builder);
  /// The format that is always there.
  static std::shared_ptr<LogFormat> combined(exchange::Builder& builder);

  /// Appends the line of an exchange, or of a session, without a line end.
  void append(exchange::Subject& subject, std::string& line) const;

  conf::Position at;  ///< where it was defined

 private:
  // What the usual formats consist of is written straight into the line: the first four for every subject,
  // the others for exchanges alone.
  enum class Kind : uint8_t {
    text,
    variable,
    remote_addr,
    time_local,
    request,
    status,
    body_bytes_sent,
    bytes_sent,
    request_length,
    request_time,
    http_referer,
    http_user_agent,
  };
  struct Part {
    Kind kind = Kind::text;
    std::string text;  // literal, or the variable's name
    uint32_t variable = 0;
  };
  static Kind kind_of(std::string_view name, exchange::Realm realm);
  base::Result<void> bind(exchange::Variables& variables);
  void append_part(const Part& part, exchange::Subject& subject, std::string& line) const;
  void append_of_exchange(Kind kind, exchange::Exchange& exchange, std::string& line) const;
  void append_value(std::string_view text, bool found, std::string& line) const;

  Escape escape_ = Escape::standard;
  std::vector<Part> parts_;
};

}  // namespace proxy
