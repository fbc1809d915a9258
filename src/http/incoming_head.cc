#include "http/incoming_head.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/check.h"
#include "base/text.h"
#include "http/syntax.h"

namespace http {
namespace {

// RFC 6455 §4.1: 16 random bytes in base64.
std::string_view websocket_key(base::Arena& arena) {
  unsigned char bytes[16];
  PC_CHECK(RAND_bytes(bytes, sizeof bytes) == 1);
  char* text = arena.chars(25);
  int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text), bytes, sizeof bytes);
  return {text, static_cast<size_t>(size)};
}

}  // namespace

void IncomingHead::refuse(int status, std::string_view why, Request& request) {
  if (request.refused != 0) return;
  request.refused = status;
  request.refused_why = why;
}

// RFC 9113 §8.3: those of a request, each once, before all other fields.
bool IncomingHead::add_pseudo(std::string_view name, std::string_view value, Request& request) {
  std::string_view* place = name == ":method"      ? &method_
                            : name == ":path"      ? &path_
                            : name == ":scheme"    ? &scheme_
                            : name == ":authority" ? &authority_
                            : name == ":protocol"  ? &protocol_
                                                   : nullptr;
  if (place == nullptr || pseudo_over_ || !place->empty()) {
    spoil(place == nullptr ? "unknown pseudo-field"
          : pseudo_over_   ? "pseudo-field after a field"
                           : "pseudo-field twice");
    return true;
  }
  if (value.empty() && place != &authority_) spoil("empty pseudo-field");
  *place = request.fields.arena().copy(value);
  return true;
}

bool IncomingHead::add(std::string_view name, std::string_view value, const HeadLimits& limits,
                       Request& request) {
  size_ += name.size() + value.size() + kFieldCost;
  size_t most = std::max(limits.large_buffer_count * limits.large_buffer_size, limits.header_buffer_size);
  size_t longest = std::max(limits.large_buffer_size, limits.header_buffer_size);
  if (name.size() + value.size() > longest) {
    bool is_path = name == ":path";
    refuse(is_path ? 414 : 431, is_path ? "too long path" : "too long header field", request);
    return false;
  }
  if (size_ > most || request.fields.size() > limits.max_headers) {
    refuse(431, size_ > most ? "too large header" : "too many header fields", request);
    return false;
  }
  if (!name.empty() && name[0] == ':') return add_pseudo(name, value, request);
  pseudo_over_ = true;
  Name id = find_name(name);
  base::Arena& arena = request.fields.arena();
  if (id == Name::other) {
    NameVerdict verdict = judge_name(name, limits);
    if (verdict == NameVerdict::refuse) refuse(400, "invalid field name", request);
    if (verdict != NameVerdict::keep) return true;
    name = arena.copy(name);
  } else {
    name = canonical_name(id);
  }
  request.fields.add({name, arena.copy(value), id});
  return true;
}

// RFC 9113 §8.2.3: crumbs become one field before the message leaves HTTP/2.
void IncomingHead::join_cookies(Request& request) {
  if (request.fields.count(Name::cookie) < 2) return;
  size_t size = 0;
  for (const Field& field : request.fields) {
    if (field.id == Name::cookie) size += field.value.size() + 2;
  }
  char* text = request.fields.arena().chars(size);
  char* end = text;
  for (const Field& field : request.fields) {
    if (field.id != Name::cookie) continue;
    if (end != text) end = std::copy_n("; ", 2, end);
    end = std::copy(field.value.begin(), field.value.end(), end);
  }
  request.fields.set(Name::cookie, {text, static_cast<size_t>(end - text)});
}

// To whoever handles it an extended CONNECT is what HTTP/1.1 says for the same: GET with Upgrade. The key is
// made here, since HTTP/2 has none (RFC 8441 §5).
void IncomingHead::ask_for_upgrade(Request& request) {
  base::Arena& arena = request.fields.arena();
  request.upgrade = "websocket";
  request.fields.set(Name::upgrade, "websocket");
  request.fields.set("Sec-WebSocket-Key", websocket_key(arena));
  if (request.fields.find("Sec-WebSocket-Version") == nullptr)
    request.fields.add("Sec-WebSocket-Version", "13");
}

void IncomingHead::complete(bool has_body, const HeadLimits& limits, bool secure, Request& request) {
  join_cookies(request);
  request.request_line = request.fields.arena().join(method_, " ", path_.empty() ? authority_ : path_, " ",
                                                     version_text(version_));
  request.version = version_;
  if (!spoilt_.empty()) {
    request.refused = 0;
    refuse(400, spoilt_, request);
    request.malformed = true;
  }
  if (request.refused != 0) {
    // What was understood is for the log.
    request.method_text = method_;
    request.method = find_method(method_);
    request.scheme = secure ? "https" : "http";
    return;
  }
  request.framing = has_body && !is_tunnel() ? Framing::streamed : Framing::none;
  ReceivedHead received{method_, path_, scheme_, authority_, protocol_, version_};
  make_request(received, limits, secure, request);
  if (request.refused != 0 || !is_tunnel()) return;
  if (!base::equals_ignoring_case(protocol_, "websocket")) {
    return refuse(501, "unknown protocol of an extended CONNECT", request);
  }
  ask_for_upgrade(request);
}

}  // namespace http
