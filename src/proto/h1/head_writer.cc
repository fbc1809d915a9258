#include "proto/h1/head_writer.h"

#include <cstring>

#include "proto/h1/scan.h"

namespace h1 {
namespace {

constexpr size_t kWireFieldsSize = 160;  // at most: all the lines below together

bool is_wire_field(http::Name name, const WireFields& wire) {
  switch (name) {
    case http::Name::connection:
    case http::Name::keep_alive:
    case http::Name::proxy_connection:
    case http::Name::transfer_encoding:
    case http::Name::content_length: return true;
    case http::Name::upgrade: return wire.connection != WireFields::Connection::upgrade;
    default: return false;
  }
}

size_t fields_size(const http::Fields& fields) {
  size_t size = 0;
  for (const http::Field& field : fields) size += field.name.size() + field.value.size() + 4;
  return size;
}

// Appends to memory that is known to suffice.
class Writer {
 public:
  explicit Writer(char* begin) : begin_(begin), at_(begin) {}

  void text(std::string_view text) {
    if (!text.empty()) std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  /// Text that somebody else made up.
  void foreign(std::string_view from) {
    text(from);
    char* start = at_ - from.size();
    while ((start = const_cast<char*>(find_control(start, at_))) != at_) *start++ = ' ';
  }
  void number(uint64_t value) {
    char digits[20];
    size_t size = 0;
    do digits[size++] = static_cast<char>('0' + value % 10);
    while ((value /= 10) != 0);
    while (size != 0) *at_++ = digits[--size];
  }
  void fields(const http::Fields& fields, const WireFields& wire) {
    for (const http::Field& field : fields) {
      if (is_wire_field(field.id, wire)) continue;
      foreign(field.name);
      text(": ");
      foreign(field.value);
      text("\r\n");
    }
  }
  void wire_fields(const WireFields& wire) {
    if (wire.length == WireFields::Length::known) {
      text("Content-Length: ");
      number(wire.content_length);
      text("\r\n");
    } else if (wire.length == WireFields::Length::chunked) {
      text("Transfer-Encoding: chunked\r\n");
    }
    switch (wire.connection) {
      case WireFields::Connection::none: break;
      case WireFields::Connection::keep_alive: text("Connection: keep-alive\r\n"); break;
      case WireFields::Connection::close: text("Connection: close\r\n"); break;
      case WireFields::Connection::upgrade: text("Connection: upgrade\r\n"); break;
    }
    if (wire.keep_alive_seconds > 0) {
      text("Keep-Alive: timeout=");
      number(static_cast<uint64_t>(wire.keep_alive_seconds));
      text("\r\n");
    }
    text("\r\n");
  }
  std::string_view written() const { return {begin_, static_cast<size_t>(at_ - begin_)}; }

 private:
  char* begin_;
  char* at_;
};

}  // namespace

std::string_view write_response_head(const http::Response& head, const WireFields& wire, base::Arena& arena) {
  std::string_view reason = head.reason.empty() ? http::reason_phrase(head.status) : head.reason;
  Writer out(arena.chars(32 + reason.size() + fields_size(head.fields) + kWireFieldsSize));
  if (head.status == 200 && head.reason.empty()) {
    out.text("HTTP/1.1 200 OK\r\n");
  } else {
    out.text("HTTP/1.1 ");
    out.number(static_cast<uint64_t>(head.status));
    out.text(" ");
    out.foreign(reason);
    out.text("\r\n");
  }
  out.fields(head.fields, wire);
  out.wire_fields(wire);
  return out.written();
}

std::string_view write_request_head(const http::OriginRequest& request, const WireFields& wire,
                                    base::Arena& arena) {
  size_t fields = request.fields != nullptr ? fields_size(*request.fields) : 0;
  Writer out(arena.chars(32 + request.method.size() + request.target.size() + fields + kWireFieldsSize));
  out.foreign(request.method);
  out.text(" ");
  out.foreign(request.target);
  out.text(request.version == http::Version::http10 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
  if (request.fields != nullptr) out.fields(*request.fields, wire);
  out.wire_fields(wire);
  return out.written();
}

std::string_view write_trailers(const http::Fields& fields, base::Arena& arena) {
  Writer out(arena.chars(fields_size(fields) + 2));
  WireFields none;
  for (const http::Field& field : fields) {
    if (is_wire_field(field.id, none) || field.id == http::Name::host) continue;  // RFC 9110 §6.5.1
    out.foreign(field.name);
    out.text(": ");
    out.foreign(field.value);
    out.text("\r\n");
  }
  out.text("\r\n");
  return out.written();
}

}  // namespace h1
