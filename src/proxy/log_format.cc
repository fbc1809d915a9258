#include "proxy/log_format.h"

#include <array>

#include "base/text.h"
#include "exchange/exchange.h"

namespace proxy {
namespace {

using exchange::Exchange;

constexpr std::string_view kCombined =
    "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent \"$http_referer\" "
    "\"$http_user_agent\"";

constexpr std::array<bool, 256> escaped_bytes(bool json) {
  std::array<bool, 256> escaped{};
  for (int c = 0; c < 256; ++c)
    escaped[static_cast<size_t>(c)] = c < 0x20 || c == '"' || c == '\\' || (!json && c >= 0x7f);
  return escaped;
}
constexpr auto kStandardEscaped = escaped_bytes(false);
constexpr auto kJsonEscaped = escaped_bytes(true);

void escape_standard(unsigned char c, std::string& line) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  const char escape[] = {'\\', 'x', kDigits[c >> 4], kDigits[c & 15]};
  line.append(escape, sizeof escape);
}

void escape_json(unsigned char c, std::string& line) {
  switch (c) {
    case '"': line += "\\\""; return;
    case '\\': line += "\\\\"; return;
    case '\n': line += "\\n"; return;
    case '\r': line += "\\r"; return;
    case '\t': line += "\\t"; return;
    case '\b': line += "\\b"; return;
    case '\f': line += "\\f"; return;
    default: fmt::format_to(std::back_inserter(line), "\\u{:04X}", c);
  }
}

template <class EscapeOne>
void append_escaped(std::string_view text, const std::array<bool, 256>& escaped, EscapeOne escape,
                    std::string& line) {
  size_t plain = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned char c = static_cast<unsigned char>(text[i]);
    if (!escaped[c]) continue;
    line.append(text, plain, i - plain);
    escape(c, line);
    plain = i + 1;
  }
  line.append(text, plain);
}

void append_number(uint64_t number, std::string& line) {
  fmt::format_int text(number);
  line.append(text.data(), text.size());
}

void append_seconds(int64_t milliseconds, std::string& line) {
  milliseconds = std::max<int64_t>(milliseconds, 0);
  append_number(static_cast<uint64_t>(milliseconds / 1000), line);
  int rest = static_cast<int>(milliseconds % 1000);
  const char text[] = {'.', static_cast<char>('0' + rest / 100), static_cast<char>('0' + rest / 10 % 10),
                       static_cast<char>('0' + rest % 10)};
  line.append(text, sizeof text);
}

}  // namespace

LogFormat::Kind LogFormat::kind_of(std::string_view name, exchange::Realm realm) {
  constexpr std::pair<std::string_view, Kind> kKinds[] = {
      {"remote_addr", Kind::remote_addr},
      {"time_local", Kind::time_local},
      {"request", Kind::request},
      {"status", Kind::status},
      {"body_bytes_sent", Kind::body_bytes_sent},
      {"bytes_sent", Kind::bytes_sent},
      {"request_length", Kind::request_length},
      {"request_time", Kind::request_time},
      {"http_referer", Kind::http_referer},
      {"http_user_agent", Kind::http_user_agent},
  };
  for (const auto& [known, kind] : kKinds) {
    bool is_shared = kind == Kind::remote_addr || kind == Kind::time_local;
    if (known == name && (is_shared || realm == exchange::Realm::http)) return kind;
  }
  return Kind::variable;
}

base::Result<std::shared_ptr<LogFormat>> LogFormat::compile(const std::vector<conf::Word>& words,
                                                            exchange::Builder& builder) {
  auto format = std::make_shared<LogFormat>();
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) {
    std::string_view word = words[i].text;
    if (i > 0 || !word.starts_with("escape=")) {
      text += word;
      continue;
    }
    std::string_view escape = word.substr(7);
    if (escape != "default" && escape != "json" && escape != "none") {
      return base::fail("unknown log format escaping \"{}\", it must be default, json or none", escape);
    }
    format->escape_ = escape == "json" ? Escape::json : escape == "none" ? Escape::none : Escape::standard;
  }
  base::Result<std::vector<exchange::TextPart>> pieces = exchange::split_variables(text);
  if (!pieces) return tl::unexpected(pieces.error());
  for (exchange::TextPart& piece : *pieces) {
    Kind kind = piece.is_variable ? kind_of(piece.text, builder.realm()) : Kind::text;
    format->parts_.push_back({kind, std::move(piece.text), 0});
  }
  format->at = builder.at;
  builder.later(builder.at, [format, variables = &builder.variables()] { return format->bind(*variables); });
  return format;
}

std::shared_ptr<LogFormat> LogFormat::combined(exchange::Builder& builder) {
  return builder.shared<LogFormat>("log_format", "combined", [&] {
    auto format = compile({conf::Word{std::string(kCombined), {}, true}}, builder);
    PC_CHECK(format.has_value());
    return *format;
  });
}

base::Result<void> LogFormat::bind(exchange::Variables& variables) {
  for (Part& part : parts_) {
    if (part.kind != Kind::variable) continue;
    base::Result<uint32_t> index = variables.find(part.text);
    if (!index) return tl::unexpected(index.error());
    part.variable = *index;
  }
  return {};
}

void LogFormat::append_value(std::string_view text, bool found, std::string& line) const {
  switch (escape_) {
    case Escape::standard:
      if (!found)
        line += '-';
      else
        append_escaped(text, kStandardEscaped, escape_standard, line);
      return;
    case Escape::json: append_escaped(text, kJsonEscaped, escape_json, line); return;
    case Escape::none: line += text; return;
  }
}

void LogFormat::append_of_exchange(Kind kind, Exchange& exchange, std::string& line) const {
  auto field = [&](http::Name name) {
    append_value(exchange.request.fields.get(name), exchange.request.fields.has(name), line);
  };
  switch (kind) {
    case Kind::request: append_value(exchange.request.request_line, true, line); return;
    case Kind::status: {
      int status = exchange.reply.head.status;
      const char text[] = {static_cast<char>('0' + status / 100 % 10),
                           static_cast<char>('0' + status / 10 % 10), static_cast<char>('0' + status % 10)};
      line.append(text, sizeof text);
      return;
    }
    case Kind::body_bytes_sent: append_number(exchange.stream.body_bytes_sent(), line); return;
    case Kind::bytes_sent: append_number(exchange.stream.bytes_sent(), line); return;
    case Kind::request_length: append_number(exchange.stream.request_length(), line); return;
    case Kind::request_time:
      append_seconds(exchange.worker.clock().now() - exchange.stream.started(), line);
      return;
    case Kind::http_referer: field(http::Name::referer); return;
    case Kind::http_user_agent: field(http::Name::user_agent); return;
    default: return;
  }
}

void LogFormat::append_part(const Part& part, exchange::Subject& subject, std::string& line) const {
  switch (part.kind) {
    case Kind::text: line += part.text; return;
    case Kind::remote_addr: append_value(subject.client_text(), true, line); return;
    case Kind::time_local: line += subject.worker.clock().local_time(); return;
    case Kind::variable: {
      exchange::Value value = subject.variable(part.variable);
      append_value(value.text, value.found, line);
      return;
    }
    // Only formats of http have these.
    default: append_of_exchange(part.kind, static_cast<Exchange&>(subject), line);
  }
}

void LogFormat::append(exchange::Subject& subject, std::string& line) const {
  for (const Part& part : parts_) append_part(part, subject, line);
}

}  // namespace proxy
