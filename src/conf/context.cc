#include "conf/context.h"

namespace conf {
namespace {

struct Name {
  Context context;
  std::string_view name;
};
constexpr Name kNames[] = {
    {kMain, "main"},
    {kEvents, "events"},
    {kHttp, "http"},
    {kServer, "server"},
    {kLocation, "location"},
    {kServerIf, "if in server"},
    {kLocationIf, "if in location"},
    {kLimitExcept, "limit_except"},
    {kUpstream, "upstream"},
    {kStream, "stream"},
    {kStreamServer, "server in stream"},
    {kStreamUpstream, "upstream in stream"},
};

struct Opening {
  std::string_view block;
  uint32_t outer;
  Context inside;
};
// Where `outer` is not known the first line that fits by name counts.
constexpr Opening kOpenings[] = {
    {"", kMain, kMain},
    {"events", kMain, kEvents},
    {"http", kMain, kHttp},
    {"server", kHttp, kServer},
    {"location", kServer | kLocation, kLocation},
    {"if", kServer, kServerIf},
    {"if", kLocation, kLocationIf},
    {"limit_except", kLocation, kLimitExcept},
    {"upstream", kHttp, kUpstream},
    {"stream", kMain, kStream},
    {"server", kStream, kStreamServer},
    {"upstream", kStream, kStreamUpstream},
};

}  // namespace

std::string context_names(uint32_t contexts) {
  std::string names;
  for (const Name& entry : kNames) {
    if ((contexts & entry.context) == 0) continue;
    if (!names.empty()) names += ", ";
    names += entry.name;
  }
  return names;
}

uint32_t context_inside(const Directive& block, uint32_t outer) {
  for (const Opening& opening : kOpenings) {
    if (block.name.text == opening.block && (outer == 0 || (outer & opening.outer) != 0))
      return opening.inside;
  }
  return 0;
}

}  // namespace conf
