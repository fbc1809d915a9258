// The answer as it takes shape: filled by whoever answers, changed by on_response hooks, then sent.
#pragma once

#include <string_view>

#include "http/body.h"
#include "http/message.h"

namespace exchange {

struct Reply {
  explicit Reply(base::Arena& arena) : head(arena) {}

  /// Where it came from, for logs, error pages (proxy_intercept_errors) and Cache-Status.
  enum class Source : uint8_t { none, local, origin, cache };

  http::Response head;
  http::BodyPtr body;  ///< null: none
  Source source = Source::none;
  const http::Fields* trailers = nullptr;  ///< what add_trailer put behind the body: $sent_trailer_*
  /// Set instead of an answer: go through the router again with this URI ("/x?y"), or "@name".
  std::string_view redirect;
  /// The status came from this proxy and has no body yet: the error page is looked up (error_page), else
  /// made.
  bool wants_error_page = false;
  /// Not complete when its body is (HEAD): framing is told, body not sent.
  bool header_only = false;
  /// With a redirect: what head.fields holds now stays for the answer that is given instead
  /// (X-Accel-Redirect).
  bool keeps_fields = false;
};

}  // namespace exchange
