#include "proto/h1/response_framing.h"

#include "base/text.h"
#include "http/tokens.h"

namespace h1 {

using http::Framing;
using http::Name;

std::string_view read_framing(http::Method request, http::Response& head) {
  const http::Fields& fields = head.fields;
  head.framing = Framing::none;
  head.content_length = 0;
  bool has_length = fields.has(Name::content_length);
  if (has_length) {
    if (fields.count(Name::content_length) > 1) return "upstream sent more than one Content-Length";
    std::optional<uint64_t> length = base::parse_uint(fields.get(Name::content_length));
    if (!length || *length > uint64_t{INT64_MAX}) return "upstream sent an invalid Content-Length";
    head.content_length = *length;
  }
  bool coded = fields.has(Name::transfer_encoding);
  if (coded) {
    if (has_length) return "upstream sent both Content-Length and Transfer-Encoding";
    if (head.version == http::Version::http10) return "upstream sent Transfer-Encoding in HTTP/1.0";
    if (fields.count(Name::transfer_encoding) > 1 ||
        !base::equals_ignoring_case(fields.get(Name::transfer_encoding), "chunked")) {
      return "upstream sent an unknown Transfer-Encoding";
    }
  }

  bool is_head = request == http::Method::head;
  if (!http::has_content(is_head ? http::Method::get : request, head.status)) {
    head.content_length = 0;
    return {};
  }
  if (has_length) {
    head.framing = Framing::length;
  } else if (coded) {
    head.framing = Framing::streamed;
  } else if (!is_head) {
    head.framing = Framing::until_end;
  }
  return {};
}

bool keeps_alive(const http::Response& head) {
  if (!head.fields.has(Name::connection)) return head.version == http::Version::http11;
  if (http::list_has(head.fields, Name::connection, "close")) return false;
  return head.version == http::Version::http11 || http::list_has(head.fields, Name::connection, "keep-alive");
}

}  // namespace h1
