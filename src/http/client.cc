#include "http/client.h"

#include "http/syntax.h"

namespace http {

bool has_payload(const OriginRequest& request) {
  return request.framing == Framing::streamed ||
         (request.framing == Framing::length && request.content_length > 0);
}

std::string_view refuse(const OriginRequest& request) {
  if (!is_token(request.method)) return "invalid method for upstream";
  if (request.target.empty() || !all(request.target, kTarget)) return "invalid request target for upstream";
  if (has_payload(request) && request.body == nullptr) return "request body for upstream is missing";
  if (request.framing == Framing::until_end) return "request body for upstream has no framing";
  return {};
}

}  // namespace http
