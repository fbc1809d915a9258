#include "http/make_request.h"

#include "base/text.h"
#include "http/authority.h"
#include "http/path.h"
#include "http/syntax.h"
#include "http/tokens.h"

namespace http {
namespace {

bool refuse(Request& request, int status, std::string_view why) {
  request.refused = status;
  request.refused_why = why;
  request.keep_alive = false;
  return false;
}

// RFC 9113 §8.1.1, RFC 9114 §4.1.2: no answer, the stream ends with an error.
bool refuse_malformed(Request& request, std::string_view why) {
  request.malformed = request.version >= Version::http2;
  return refuse(request, 400, why);
}

bool is_http1(const Request& request) { return request.version <= Version::http11; }

// RFC 3986 §3.1 names; only what we can serve is accepted.
bool take_scheme(std::string_view& text) {
  for (std::string_view scheme : {std::string_view("http://"), std::string_view("https://")}) {
    if (!base::starts_ignoring_case(text, scheme)) continue;
    text.remove_prefix(scheme.size());
    return true;
  }
  return false;
}

// The four forms of RFC 9112 §3.2. Sets target to origin form; names the authority where the target holds it.
bool read_target(std::string_view text, Request& request, std::string_view& authority) {
  if (text.empty()) return refuse(request, 400, "empty request target");
  if (!all(text, kTarget)) return refuse(request, 400, "control character in request target");
  if (text.find('#') != std::string_view::npos) return refuse(request, 400, "fragment in request target");
  if (request.method == Method::connect) {
    authority = text;
    request.target = text;
    return true;
  }
  if (text[0] == '/') {
    request.target = text;
    return true;
  }
  if (text == "*") {
    if (request.method != Method::options) return refuse(request, 400, "\"*\" is a target of OPTIONS only");
    request.target = text;
    return true;
  }
  if (!is_http1(request) || !take_scheme(text)) return refuse(request, 400, "invalid request target");
  authority = text.substr(0, text.find_first_of("/?"));
  if (authority.empty()) return refuse(request, 400, "no host in request target");  // RFC 9110 §4.2.1
  text.remove_prefix(authority.size());
  if (text.empty()) {
    request.target = request.method == Method::options ? "*" : "/";  // RFC 9112 §3.2.4
  } else {
    request.target = text[0] == '/' ? text : request.fields.arena().join("/", text);
  }
  return true;
}

bool read_authority(const ReceivedHead& received, std::string_view in_target, Request& request) {
  size_t hosts = request.fields.count(Name::host);
  if (hosts > 1) return refuse(request, 400, "more than one Host field");
  std::string_view host = request.fields.get(Name::host);
  bool in_pseudo = !is_http1(request) && !received.authority.empty();
  std::string_view text = in_pseudo ? received.authority : !in_target.empty() ? in_target : host;

  if (hosts == 0 && request.version == Version::http11) return refuse(request, 400, "no Host field");
  if (text.empty()) {
    if (hosts == 0 && request.version <= Version::http10) return true;
    return refuse(request, 400, hosts == 0 ? "no Host field" : "empty Host field");
  }
  Authority parsed;
  if (!parse_authority(text, request.fields.arena(), parsed)) {
    return in_pseudo ? refuse_malformed(request, "invalid :authority") : refuse(request, 400, "invalid host");
  }
  if (request.method == Method::connect && parsed.port == 0) {
    return refuse(request, 400, "CONNECT needs host and port");  // RFC 9110 §9.3.6
  }
  // RFC 9113 §8.3.1: a Host that names something else than :authority is malformed.
  if (in_pseudo && hosts == 1 && !base::equals_ignoring_case(host, text)) {
    return refuse_malformed(request, "Host and :authority differ");
  }
  if (text.data() != host.data() && hosts == 1 && !in_pseudo) {
    Authority other;  // RFC 9112 §3.2.2: ignored, but it must be a host all the same
    if (!host.empty() && !parse_authority(host, request.fields.arena(), other)) {
      return refuse(request, 400, "invalid host");
    }
  }
  if (text.data() != host.data()) request.fields.set(Name::host, text);
  request.authority = text;
  request.host = parsed.host;
  request.port = parsed.port;
  return true;
}

bool read_content_length(Request& request) {
  if (!request.fields.has(Name::content_length)) return true;
  if (request.fields.count(Name::content_length) > 1) {
    return refuse_malformed(request, "more than one Content-Length field");
  }
  std::optional<uint64_t> length = base::parse_uint(request.fields.get(Name::content_length));
  if (!length || *length > uint64_t{INT64_MAX}) return refuse_malformed(request, "invalid Content-Length");
  request.content_length = *length;
  return true;
}

// RFC 9112 §6.1 and §6.3: whatever two readers could understand differently is refused.
bool read_framing_h1(Request& request) {
  if (!read_content_length(request)) return false;
  bool has_length = request.fields.has(Name::content_length);
  if (!request.fields.has(Name::transfer_encoding)) {
    request.framing = request.content_length > 0 ? Framing::length : Framing::none;
    return true;
  }
  if (has_length) return refuse(request, 400, "both Content-Length and Transfer-Encoding");
  if (request.version < Version::http11) return refuse(request, 400, "Transfer-Encoding in HTTP/1.0");

  std::string_view last;
  int codings = 0;
  int chunked = 0;
  for (const Field& field : request.fields) {
    if (field.id != Name::transfer_encoding) continue;
    base::split(field.value, ',', [&](std::string_view coding) {
      last = coding;
      codings++;
      chunked += base::equals_ignoring_case(coding, "chunked");
    });
  }
  if (chunked != 1 || !base::equals_ignoring_case(last, "chunked")) {
    return refuse(request, 400, "invalid Transfer-Encoding");
  }
  if (codings > 1) return refuse(request, 501, "unknown transfer coding");
  request.framing = Framing::streamed;
  return true;
}

// RFC 9113 §8.3.1 and §8.5, RFC 8441 §4: which pseudo-fields there must be and must not. A CONNECT for a
// protocol is what HTTP/1.1 asks with GET and Upgrade, to whoever handles it.
bool read_pseudo(const ReceivedHead& received, Request& request) {
  if (request.method == Method::connect && received.protocol.empty()) {
    bool sound = received.target.empty() && received.scheme.empty() && !received.authority.empty();
    return sound || refuse_malformed(request, "invalid pseudo-fields of CONNECT");
  }
  if (!received.protocol.empty()) {
    if (request.method != Method::connect) return refuse_malformed(request, ":protocol without CONNECT");
    if (received.authority.empty()) return refuse_malformed(request, "no :authority");
    request.method = Method::get;
    request.method_text = "GET";
  }
  if (received.target.empty()) return refuse_malformed(request, "no :path");
  if (received.scheme.empty()) return refuse_malformed(request, "no :scheme");
  return true;
}

// RFC 9113 §8.2.2 and RFC 9114 §4.2: connection fields make the message malformed; its end is told by the
// wire.
bool read_framing_h2(Request& request) {
  for (Name name :
       {Name::connection, Name::keep_alive, Name::proxy_connection, Name::transfer_encoding, Name::upgrade}) {
    if (request.fields.has(name)) return refuse_malformed(request, "connection-specific field");
  }
  if (request.fields.has(Name::te) &&
      !base::equals_ignoring_case(request.fields.combined(Name::te), "trailers")) {
    return refuse_malformed(request, "TE other than trailers");
  }
  if (!read_content_length(request)) return false;
  if (!request.fields.has(Name::content_length)) return true;
  if (request.framing == Framing::none && request.content_length > 0) {
    return refuse_malformed(request, "Content-Length without a body");
  }
  request.framing = request.content_length > 0 ? Framing::length : Framing::none;
  return true;
}

void read_connection(Request& request) {
  request.keep_alive = request.version >= Version::http11;
  if (!request.fields.has(Name::connection)) return;
  bool close = false;
  bool keep_alive = false;
  bool upgrade = false;
  for (const Field& field : request.fields) {
    if (field.id != Name::connection) continue;
    base::split(field.value, ',', [&](std::string_view option) {
      close |= base::equals_ignoring_case(option, "close");
      keep_alive |= base::equals_ignoring_case(option, "keep-alive");
      upgrade |= base::equals_ignoring_case(option, "upgrade");
    });
  }
  request.keep_alive = !close && (keep_alive || request.version >= Version::http11);
  if (!upgrade || request.version != Version::http11) return;
  std::string_view protocols = request.fields.combined(Name::upgrade);
  // A tunnel of h2c would let a client speak to the origin behind every rule of the proxy (RFC 9113 §3.1
  // drops it).
  if (!list_has(protocols, "h2c")) request.upgrade = protocols;
}

bool read_path(const HeadLimits& limits, Request& request) {
  if (request.method == Method::connect || request.target == "*") {
    request.path = request.target == "*" ? "/" : "";  // "*" is the server as a whole: where "/" is served
    return true;
  }
  size_t question = request.target.find('?');
  if (question != std::string_view::npos) request.query = request.target.substr(question + 1);
  std::string_view raw = request.target.substr(0, question);
  if (!normalise_path(raw, limits.merge_slashes, request.fields.arena(), request.path)) {
    return refuse(request, 400, "invalid path");
  }
  return true;
}

}  // namespace

void make_request(const ReceivedHead& received, const HeadLimits& limits, bool secure, Request& request) {
  request.method_text = received.method;
  request.method = find_method(received.method);
  request.version = received.version;
  request.scheme = secure ? "https" : "http";
  if (request.request_line.empty()) {
    request.request_line = request.fields.arena().join(received.method, " ", received.target, " ",
                                                       version_text(received.version));
  }
  if (!is_token(received.method)) {
    refuse_malformed(request, "invalid method");
    return;
  }
  if (request.fields.size() > limits.max_headers) {
    refuse(request, 431, "too many header fields");
    return;
  }
  bool http1 = is_http1(request);
  if (!http1 && !read_pseudo(received, request)) return;
  std::string_view authority;
  std::string_view target = received.target;
  if (!http1 && request.method == Method::connect && received.protocol.empty()) target = received.authority;
  if (!read_target(target, request, authority)) return;
  if (!read_authority(received, authority, request)) return;
  if (http1 ? !read_framing_h1(request) : !read_framing_h2(request)) return;
  if (http1) read_connection(request);
  if (!received.protocol.empty()) request.upgrade = received.protocol;
  if (!read_path(limits, request)) return;
  request.expects_continue = request.fields.has(Name::expect) && request.version >= Version::http11 &&
                             request.framing != Framing::none &&
                             base::equals_ignoring_case(request.fields.get(Name::expect), "100-continue");
}

void remove_hop_by_hop(Fields& fields) {
  if (fields.has(Name::connection)) {
    std::string_view options = fields.combined(Name::connection);
    base::split(options, ',', [&](std::string_view option) {
      Name name = find_name(option);
      // Naming these in Connection would take the message apart: they are never for one hop only.
      if (name == Name::host || name == Name::content_length) return;
      name != Name::other ? fields.remove(name) : fields.remove(option);
    });
  }
  for (Name name : {Name::connection, Name::keep_alive, Name::proxy_connection, Name::te,
                    Name::transfer_encoding, Name::upgrade}) {
    fields.remove(name);
  }
}

void remove_forbidden_trailers(Fields& trailers) {
  for (Name name : {Name::content_length, Name::transfer_encoding, Name::connection, Name::keep_alive,
                    Name::trailer, Name::upgrade, Name::host, Name::te, Name::set_cookie,
                    Name::content_encoding, Name::content_type, Name::content_range}) {
    trailers.remove(name);
  }
}

}  // namespace http
