#include "modules/cache/find.h"

#include "base/text.h"
#include "cache/variant.h"
#include "exchange/server.h"
#include "modules/cache/incomplete.h"

namespace cache_module {

using exchange::Exchange;

namespace {

Candidate find_at(Exchange& exchange, CacheState& state, const base::Digest& digest) {
  Candidate candidate;
  candidate.place = digest;
  uint32_t now = static_cast<uint32_t>(exchange.worker.clock().wall_seconds());
  candidate.found = state.open->zone.find(digest, state.key, now, exchange.arena);
  // A piece is no reason not to see the whole as it grows; one that grows answers nobody.
  bool is_piece =
      candidate.found.kind == cache::EntryKind::object && is_incomplete(exchange, candidate.found.facts);
  if (candidate.found && !is_piece) return candidate;
  candidate.fill = state.open->fills.find(digest, state.key);
  if (candidate.fill != nullptr && is_incomplete(exchange, candidate.fill->object().facts)) {
    candidate.fill = nullptr;
  }
  if (candidate.fill == nullptr) {
    candidate.growing = state.open->fills.find_growing(digest, state.key, exchange.arena);
    if (candidate.growing && is_incomplete(exchange, candidate.growing.facts)) candidate.growing = {};
  }
  if (is_piece && (candidate.fill != nullptr || candidate.growing)) candidate.found = {};
  candidate.location = candidate.found.location;
  candidate.uses = candidate.found.uses;
  return candidate;
}

/// RFC 9111 §4.1: of the variants that match, the newest by Date.
Candidate find_variant(Exchange& exchange, CacheState& state, std::string_view marker) {
  Candidate best;
  uint64_t salt = 0;
  if (marker.size() < sizeof salt) return best;
  std::memcpy(&salt, marker.data(), sizeof salt);
  state.salt = salt;
  base::split(marker.substr(sizeof salt), '\n', [&](std::string_view list) {
    base::Digest place = cache::variant_digest(state.digest, salt, list, exchange.request.fields);
    if (state.place == state.digest) state.place = place;  // the newest list: it most likely varies so again
    Candidate candidate = find_at(exchange, state, place);
    bool on_disk = !best && best.location == 0 && candidate.location != 0;
    if (!candidate && !on_disk) return;
    if (best && best.facts().freshness.date >= candidate.facts().freshness.date) return;
    best = std::move(candidate);
  });
  return best;
}

}  // namespace

std::string_view make_key(Exchange& exchange, const CacheConf& conf) {
  if (!conf.key.empty()) return conf.key.evaluate(exchange);
  const http::Request& request = exchange.request;
  std::string_view host =
      request.host.empty() ? std::string_view(exchange.route->server->first_name) : request.host;
  // RFC 9110 §4.2.3: a port that is the scheme's own is no port.
  uint16_t usual = request.scheme == "https" ? 443 : 80;
  if (request.port == 0 || request.port == usual) {
    return exchange.arena.join(request.scheme, "://", host, request.target);
  }
  fmt::format_int port(request.port);
  return exchange.arena.join(request.scheme, "://", host, ":", std::string_view(port.data(), port.size()),
                             request.target);
}

Candidate find(Exchange& exchange, CacheState& state) {
  state.place = state.digest;
  Candidate candidate = find_at(exchange, state, state.digest);
  if (candidate.found.kind != cache::EntryKind::marker) return candidate;
  state.fwd = "vary-miss";
  return find_variant(exchange, state, candidate.found.head);
}

}  // namespace cache_module
