#include "proto/h1/parser.h"

#include <cstring>

#include "http/syntax.h"
#include "proto/h1/scan.h"

namespace h1 {
namespace {

constexpr uint8_t kMaxEmptyLines = 4;  // RFC 9112 §2.2 asks for at least one
constexpr size_t kVersionSize = 8;     // "HTTP/1.1"

bool is_blank(char c) { return c == ' ' || c == '\t'; }

}  // namespace

Parsed Parser::parse(const char* data, size_t size) { return run(data, data + size); }

void Parser::moved(const char* from, const char* to) {
  for (http::Field& field : *fields_) {
    field.name = {to + (field.name.data() - from), field.name.size()};
    field.value = {to + (field.value.data() - from), field.value.size()};
  }
}

Parsed Parser::too_large(std::string_view why) {
  bool in_start_line = !has_start_line() && kind_ == Kind::request;
  why_ = in_start_line ? "request line too long" : why;
  status_ = in_start_line ? 414 : 431;
  return Parsed::bad;
}

Parsed Parser::need_more(const char* data, const char* at, const char* end) {
  at_ = static_cast<uint32_t>(at - data);
  if (is_too_large(static_cast<size_t>(end - data))) return too_large("header too large");
  return Parsed::more;
}

// A byte behind a limit is never looked at: else the answer would depend on how the bytes are cut into
// pieces.
Parsed Parser::fail(const char* data, const char* at, std::string_view why, int status) {
  if (is_too_large(static_cast<size_t>(at - data) + 1)) return too_large("header too large");
  why_ = why;
  status_ = status;
  return Parsed::bad;
}

bool Parser::end_line(const char* data, const char* after) {
  auto end = static_cast<uint32_t>(after - data);
  if (is_too_large(end)) return false;
  line_ = end;
  return true;
}

int Parser::match_version(const char* at, const char* end) {
  constexpr char kPrefix[] = "HTTP/";
  bool whole = end - at >= static_cast<ptrdiff_t>(kVersionSize);
  if (whole && std::memcmp(at, "HTTP/1.1", kVersionSize) == 0) {  // nearly always
    bad_major_ = false;
    version_ = http::Version::http11;
    return kVersionSize;
  }
  int size = static_cast<int>(std::min<ptrdiff_t>(end - at, kVersionSize));
  for (int i = 0; i < size; i++) {
    bool ok = i < 5 ? at[i] == kPrefix[i] : i == 6 ? at[i] == '.' : at[i] >= '0' && at[i] <= '9';
    if (!ok) return -1;
  }
  if (size < static_cast<int>(kVersionSize)) return size;
  bad_major_ = at[5] != '1';
  version_ = at[7] == '0' ? http::Version::http10 : http::Version::http11;
  return size;
}

bool Parser::add_field(const char* data, const char* value_end) {
  const char* value = data + value_;
  while (value_end > value && is_blank(value_end[-1])) value_end--;
  std::string_view name(data + line_, name_size_);
  if (odd_name_) {
    http::NameVerdict verdict = http::judge_name(name, *names_);
    odd_name_ = false;
    if (verdict == http::NameVerdict::refuse) {
      why_ = "invalid field name";
      status_ = 400;
      return false;
    }
    if (verdict == http::NameVerdict::ignore) return true;
  }
  if (fields_->size() >= limits_.max_fields) {
    why_ = "too many header fields";
    status_ = 431;
    return false;
  }
  fields_->add(name, {value, static_cast<size_t>(value_end - value)});
  return true;
}

Parsed Parser::run(const char* data, const char* end) {
  const char* at = data + at_;
  while (true) {
    switch (state_) {
      case State::empty_lines: {
        if (at == end) return need_more(data, at, end);
        if (*at == '\r' && kind_ == Kind::request) {
          if (end - at < 2) return need_more(data, at, end);
          if (at[1] != '\n') return fail(data, at + 1, "CR without LF");
          if (++empty_lines_ > kMaxEmptyLines) return fail(data, at, "empty lines before the request");
          at += 2;
          if (!end_line(data, at)) return too_large("header too large");
          break;
        }
        start_ = line_ = static_cast<uint32_t>(at - data);
        state_ = kind_ == Kind::request ? State::method : State::version;
        break;
      }

      case State::method: {
        while (at != end && http::is(*at, http::kToken)) at++;
        if (at == end) return need_more(data, at, end);
        if (*at != ' ' || at == data + start_) return fail(data, at, "invalid method");
        method_size_ = static_cast<uint32_t>(at - data) - start_;
        target_ = start_ + method_size_ + 1;
        at++;
        state_ = State::target;
        [[fallthrough]];
      }

      case State::target: {
        at = find_target_end(at, end);
        if (at == end) return need_more(data, at, end);
        target_size_ = static_cast<uint32_t>(at - data) - target_;
        if (*at == '\r') return fail(data, at, "no HTTP version in the request line");
        if (*at != ' ' || target_size_ == 0) return fail(data, at, "invalid request target");
        at++;
        state_ = State::version;
        [[fallthrough]];
      }

      case State::version: {
        int matched = match_version(at, end);
        if (matched < 0) {  // the byte that spoils it is the one that is told
          const char* bad = at;
          while (match_version(at, bad + 1) >= 0) bad++;
          return fail(data, bad, "invalid HTTP version");
        }
        if (matched < static_cast<int>(kVersionSize)) return need_more(data, at, end);
        if (kind_ == Kind::response) {
          if (bad_major_) return fail(data, at + 7, "unknown HTTP version");
          at += kVersionSize;
          state_ = State::status;
          break;
        }
        const char* after = at + kVersionSize;
        if (after == end) return need_more(data, at, end);
        if (*after != '\r') return fail(data, after, "invalid request line");
        if (after + 1 == end) return need_more(data, at, end);
        if (after[1] != '\n') return fail(data, after + 1, "CR without LF");
        start_line_size_ = static_cast<uint32_t>(after - data) - start_;
        if (!end_line(data, after + 2)) return too_large("header too large");
        at = after + 2;
        state_ = State::field_start;
        if (bad_major_) return fail(data, after + 1, "HTTP version not supported", 505);
        break;
      }

      case State::status: {  // " 200", then a space and the reason, or the end of the line
        for (int i = 0; i < 5; i++) {
          if (at + i == end) return need_more(data, at, end);
          char c = at[i];
          bool ok = i == 0 ? c == ' ' : i < 4 ? c >= (i == 1 ? '1' : '0') && c <= '9' : c == ' ' || c == '\r';
          if (!ok) return fail(data, at + i, "invalid status line");
        }
        response_status_ = (at[1] - '0') * 100 + (at[2] - '0') * 10 + (at[3] - '0');
        at += at[4] == ' ' ? 5 : 4;
        target_ = static_cast<uint32_t>(at - data);
        state_ = State::reason;
        [[fallthrough]];
      }

      case State::reason: {
        at = find_control(at, end);
        if (at == end || (*at == '\r' && at + 1 == end)) return need_more(data, at, end);
        if (*at != '\r') return fail(data, at, "control character in the status line");
        if (at[1] != '\n') return fail(data, at + 1, "CR without LF");
        target_size_ = static_cast<uint32_t>(at - data) - target_;
        start_line_size_ = static_cast<uint32_t>(at - data) - start_;
        at += 2;
        if (!end_line(data, at)) return too_large("header too large");
        state_ = State::field_start;
        [[fallthrough]];
      }

      case State::field_start: {
        if (at == end) return need_more(data, at, end);
        if (*at == '\r') {
          if (end - at < 2) return need_more(data, at, end);
          if (at[1] != '\n') return fail(data, at + 1, "CR without LF");
          if (!end_line(data, at + 2)) return too_large("header too large");
          at_ = line_;
          state_ = State::finished;
          return Parsed::done;
        }
        if (is_blank(*at)) return fail(data, at, "folded field line");
        state_ = State::name;
        [[fallthrough]];
      }

      case State::name: {
        while (at != end && http::is(*at, http::kPlainName)) at++;
        if (at == end) return need_more(data, at, end);
        if (*at != ':') {
          if (!http::is(*at, http::kTarget)) {
            return fail(data, at,
                        is_blank(*at) ? "space in a field name" : "control character in a field name");
          }
          odd_name_ = true;
          at++;
          break;
        }
        name_size_ = static_cast<uint32_t>(at - data) - line_;
        if (name_size_ == 0) return fail(data, at, "empty field name");
        at++;
        state_ = State::value_start;
        [[fallthrough]];
      }

      case State::value_start: {
        while (at != end && is_blank(*at)) at++;
        if (at == end) return need_more(data, at, end);
        value_ = static_cast<uint32_t>(at - data);
        state_ = State::value;
        [[fallthrough]];
      }

      case State::value: {
        at = find_control(at, end);
        if (at == end || (*at == '\r' && at + 1 == end)) return need_more(data, at, end);
        if (*at != '\r')
          return fail(data, at, *at == '\n' ? "LF without CR" : "control character in a field value");
        if (at[1] != '\n') return fail(data, at + 1, "CR without LF");
        if (is_too_large(static_cast<size_t>(at + 2 - data))) return too_large("header too large");
        if (!add_field(data, at)) return Parsed::bad;
        at += 2;
        line_ = static_cast<uint32_t>(at - data);
        state_ = State::field_start;
        break;
      }

      case State::finished: return Parsed::done;
    }
  }
}

}  // namespace h1
