#include "proto/h1/origin_request.h"

#include "http/syntax.h"
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

bool has_payload(const http::OriginRequest& request) {
  return request.framing == Framing::streamed ||
         (request.framing == Framing::length && request.content_length > 0);
}

std::string_view refuse(const http::OriginRequest& request) {
  if (!http::is_token(request.method)) return "invalid method for upstream";
  if (request.target.empty() || !http::all(request.target, http::kTarget)) {
    return "invalid request target for upstream";
  }
  if (has_payload(request) && request.body == nullptr) return "request body for upstream is missing";
  if (request.framing == Framing::until_end) return "request body for upstream has no framing";
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
  return has_payload(request) && request.version != http::Version::http10 &&
         http::list_has(*request.fields, Name::expect, "100-continue");
}

}  // namespace h1
