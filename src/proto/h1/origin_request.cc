#include "proto/h1/origin_request.h"

#include "http/tokens.h"

namespace h1 {

using http::Framing;
using http::Name;

namespace {

/// RFC 9110 §8.6: methods whose meaning includes content say that there is none.
bool announces_no_content(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

}  // namespace

std::string_view refuse(const http::OriginRequest& request) {
  std::string_view why = http::refuse(request);
  if (!why.empty()) return why;
  if (request.framing == Framing::streamed && request.version == http::Version::http10) {
    return "request body for upstream needs a length in HTTP/1.0";  // RFC 9112 §6.1
  }
  return {};
}

WireFields wire_fields(const http::OriginRequest& request, bool keep_alive) {
  WireFields wire;
  if (request.framing == Framing::streamed) {
    wire.length = WireFields::Length::chunked;
  } else if (request.framing == Framing::length || announces_no_content(request.method)) {
    wire.length = WireFields::Length::known;
    if (request.framing == Framing::length) wire.content_length = request.content_length;
  }
  if (request.upgrade) {
    wire.connection = WireFields::Connection::upgrade;
  } else if (!keep_alive) {
    wire.connection = WireFields::Connection::close;
  } else if (request.version == http::Version::http10) {
    wire.connection = WireFields::Connection::keep_alive;
  }
  return wire;
}

Sender::Coding coding_of(Framing framing) {
  return framing == Framing::streamed ? Sender::Coding::chunked : Sender::Coding::length;
}

bool expects_continue(const http::OriginRequest& request) {
  return http::has_payload(request) && request.version != http::Version::http10 &&
         http::list_has(*request.fields, Name::expect, "100-continue");
}

}  // namespace h1
