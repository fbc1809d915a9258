#include "upstream/retry.h"

namespace upstream {
namespace {

using http::OriginFault;

struct Word {
  std::string_view name;
  Trouble trouble;
};
constexpr Word kWords[] = {
    {"error", kError},
    {"timeout", kTimeout},
    {"invalid_header", kInvalidHeader},
    {"http_500", kHttp500},
    {"http_502", kHttp502},
    {"http_503", kHttp503},
    {"http_504", kHttp504},
    {"http_403", kHttp403},
    {"http_404", kHttp404},
    {"http_429", kHttp429},
    {"non_idempotent", kNonIdempotent},
};

}  // namespace

uint32_t find_trouble(std::string_view word) {
  for (const Word& entry : kWords) {
    if (entry.name == word) return entry.trouble;
  }
  return 0;
}

Trouble trouble_of(OriginFault fault) {
  switch (fault) {
    case OriginFault::none:
    case OriginFault::canceled: return kNoTrouble;
    case OriginFault::connect:
    case OriginFault::handshake:
    case OriginFault::send:
    case OriginFault::closed:
    case OriginFault::refused: return kError;
    case OriginFault::connect_timeout:
    case OriginFault::handshake_timeout:
    case OriginFault::send_timeout:
    case OriginFault::read_timeout: return kTimeout;
    case OriginFault::invalid: return kInvalidHeader;
  }
  return kNoTrouble;
}

Trouble trouble_of_status(int status) {
  switch (status) {
    case 403: return kHttp403;
    case 404: return kHttp404;
    case 429: return kHttp429;
    case 500: return kHttp500;
    case 502: return kHttp502;
    case 503: return kHttp503;
    case 504: return kHttp504;
    default: return kNoTrouble;
  }
}

int status_of(OriginFault fault) {
  if (fault == OriginFault::canceled) return 499;
  return trouble_of(fault) == kTimeout ? 504 : 502;
}

bool asks_another(const RetryRules& rules, const TryEnd& end) {
  if (end.trouble == kNoTrouble || end.tries_left == 0) return false;
  uint32_t needed = end.trouble;
  if (end.was_sent && !end.counts_as_idempotent) needed |= kNonIdempotent;
  if ((rules.on & needed) != needed) return false;
  if (!end.repeatable) return false;
  return rules.timeout.count() == 0 || end.elapsed < rules.timeout;
}

bool repeats_stale(OriginFault fault, bool from_pool, uint64_t bytes_sent, uint64_t bytes_received,
                   const TryEnd& end) {
  if (fault == OriginFault::refused) return end.repeatable;
  if (!from_pool || bytes_received != 0) return false;
  if (fault != OriginFault::closed && fault != OriginFault::send) return false;
  return end.repeatable && (bytes_sent == 0 || end.idempotent);
}

bool counts_as_idempotent(std::string_view method) {
  return method != "POST" && method != "LOCK" && method != "PATCH";
}

}  // namespace upstream
