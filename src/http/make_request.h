// One place where a received head becomes a Request, for HTTP/1, 2 and 3: pseudo-fields, Host, TE/CL, limits
// and the rules against request smuggling (RFC 9110 §4, §7; RFC 9112 §3, §6; RFC 9113 §8.3; RFC 9114 §4.3).
#pragma once

#include "http/message.h"
#include "http/path.h"
#include "http/stream.h"

namespace http {

/// What the wire read, before it means anything.
struct ReceivedHead {
  std::string_view method;
  std::string_view target;     ///< request-target (h1) or :path
  std::string_view scheme;     ///< :scheme; empty in h1 (the connection decides)
  std::string_view authority;  ///< :authority; empty in h1
  std::string_view protocol;   ///< :protocol of an extended CONNECT
  Version version = Version::http11;
};

/// Completes `request`, whose `fields` the wire has filled already. On refusal sets request.refused to the
/// status (400, 414, 431, 501, 505, …) and refused_why; a refused request is never forwarded. `secure`: on
/// TLS.
void make_request(const ReceivedHead& received, const HeadLimits& limits, bool secure, Request& request);

/// Removes what is for this connection only: Connection and all it names, Keep-Alive, Proxy-Connection, TE,
/// Transfer-Encoding, Upgrade (RFC 9110 §7.6.1). Trailer stays: it describes what follows.
void remove_hop_by_hop(Fields& fields);
/// Removes what cannot be a trailer: it decides about the message or the connection (RFC 9110 §6.5.1).
void remove_forbidden_trailers(Fields& trailers);

}  // namespace http
