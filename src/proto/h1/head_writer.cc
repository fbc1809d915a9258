#include "proto/h1/head_writer.h"

#include <fmt/format.h>

#include <array>
#include <cstring>

#include "proto/h1/scan.h"

namespace h1 {
namespace {

constexpr size_t kWireFieldsSize = 160;  // at most: all the lines below together

// Looked up for each field of each head: those that say how this connection carries the message.
constexpr auto kIsWireField = [] {
  std::array<bool, static_cast<size_t>(http::Name::count_)> wire{};
  for (http::Name name : {http::Name::connection, http::Name::keep_alive, http::Name::proxy_connection,
                          http::Name::transfer_encoding, http::Name::content_length, http::Name::upgrade}) {
    wire[static_cast<size_t>(name)] = true;
  }
  return wire;
}();

bool is_wire_field(http::Name name, const WireFields& wire) {
  if (!kIsWireField[static_cast<size_t>(name)]) return false;
  return name != http::Name::upgrade || wire.connection != WireFields::Connection::upgrade;
}

size_t fields_size(const http::Fields& fields) {
  size_t size = 0;
  for (const http::Field& field : fields) size += field.name.size() + field.value.size() + 4;
  return size;
}

struct Word16 {
  uint64_t halves[2];
};

// Copies text of any size, most of which is a name or a short value: two overlapping words instead of a call.
inline char* append(char* to, std::string_view text) {
  size_t size = text.size();
  const char* from = text.data();
  if (size > 32) {
    std::memcpy(to, from, size);
  } else if (size >= 16) {
    Word16 first, last;
    std::memcpy(&first, from, 16);
    std::memcpy(&last, from + size - 16, 16);
    std::memcpy(to, &first, 16);
    std::memcpy(to + size - 16, &last, 16);
  } else if (size >= 8) {
    uint64_t first, last;
    std::memcpy(&first, from, 8);
    std::memcpy(&last, from + size - 8, 8);
    std::memcpy(to, &first, 8);
    std::memcpy(to + size - 8, &last, 8);
  } else if (size >= 4) {
    uint32_t first, last;
    std::memcpy(&first, from, 4);
    std::memcpy(&last, from + size - 4, 4);
    std::memcpy(to, &first, 4);
    std::memcpy(to + size - 4, &last, 4);
  } else {
    for (size_t i = 0; i < size; ++i) to[i] = from[i];
  }
  return to + size;
}

// Appends to memory that is known to suffice. Text that somebody else made up may hold control characters:
// the whole is looked over once at the end, and only when there are more than ours is it written again,
// carefully.
class Writer {
 public:
  Writer(char* begin, bool careful) : begin_(begin), at_(begin), careful_(careful) {}

  void text(std::string_view text) { at_ = append(at_, text); }
  /// Text that somebody else made up.
  void foreign(std::string_view from) {
    char* start = at_;
    text(from);
    if (!careful_) return;
    while ((start = const_cast<char*>(find_control(start, at_))) != at_) *start++ = ' ';
  }
  void end_line() {
    text("\r\n");
    ++lines_;
  }
  void line(std::string_view whole) {
    text(whole);
    end_line();
  }
  void number(uint64_t value) {
    fmt::format_int digits(value);
    text({digits.data(), digits.size()});
  }
  void field_line(const http::Field& field) {
    foreign(field.name);
    text(": ");
    foreign(field.value);
    end_line();
  }
  void fields(const http::Fields& fields, const WireFields& wire) {
    for (const http::Field& field : fields) {
      if (!is_wire_field(field.id, wire)) field_line(field);
    }
  }
  void wire_fields(const WireFields& wire) {
    if (wire.length == WireFields::Length::known) {
      text("Content-Length: ");
      number(wire.content_length);
      end_line();
    } else if (wire.length == WireFields::Length::chunked) {
      line("Transfer-Encoding: chunked");
    }
    switch (wire.connection) {
      case WireFields::Connection::none: break;
      case WireFields::Connection::keep_alive: line("Connection: keep-alive"); break;
      case WireFields::Connection::close: line("Connection: close"); break;
      case WireFields::Connection::upgrade: line("Connection: upgrade"); break;
    }
    if (wire.keep_alive_seconds > 0) {
      text("Keep-Alive: timeout=");
      number(static_cast<uint64_t>(wire.keep_alive_seconds));
      end_line();
    }
    end_line();
  }
  /// No control characters but those of our own line ends.
  bool is_clean() const { return count_controls(begin_, at_) == 2 * lines_; }
  std::string_view written() const { return {begin_, static_cast<size_t>(at_ - begin_)}; }

 private:
  char* begin_;
  char* at_;
  size_t lines_ = 0;
  bool careful_;
};

// `compose(writer)` writes at most `size` bytes.
template <class Compose>
std::string_view write(size_t size, base::Arena& arena, Compose compose) {
  char* memory = arena.chars(size);
  Writer quick(memory, false);
  compose(quick);
  if (quick.is_clean()) return quick.written();
  Writer careful(memory, true);
  compose(careful);
  return careful.written();
}

}  // namespace

std::string_view write_response_head(const http::Response& head, const WireFields& wire, base::Arena& arena) {
  std::string_view reason = head.reason.empty() ? http::reason_phrase(head.status) : head.reason;
  return write(32 + reason.size() + fields_size(head.fields) + kWireFieldsSize, arena, [&](Writer& out) {
    out.text("HTTP/1.1 ");
    out.number(static_cast<uint64_t>(head.status));
    out.text(" ");
    out.foreign(reason);
    out.end_line();
    out.fields(head.fields, wire);
    out.wire_fields(wire);
  });
}

std::string_view write_request_head(const http::OriginRequest& request, const WireFields& wire,
                                    base::Arena& arena) {
  size_t fields = request.fields != nullptr ? fields_size(*request.fields) : 0;
  size_t size = 32 + request.method.size() + request.target.size() + fields + kWireFieldsSize;
  return write(size, arena, [&](Writer& out) {
    out.foreign(request.method);
    out.text(" ");
    out.foreign(request.target);
    out.line(request.version == http::Version::http10 ? " HTTP/1.0" : " HTTP/1.1");
    if (request.fields != nullptr) out.fields(*request.fields, wire);
    out.wire_fields(wire);
  });
}

std::string_view write_trailers(const http::Fields& fields, base::Arena& arena) {
  return write(fields_size(fields) + 2, arena, [&](Writer& out) {
    WireFields none;
    for (const http::Field& field : fields) {
      if (is_wire_field(field.id, none) || field.id == http::Name::host) continue;  // RFC 9110 §6.5.1
      out.field_line(field);
    }
    out.end_line();
  });
}

}  // namespace h1
