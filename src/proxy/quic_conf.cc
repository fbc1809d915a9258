#include "proxy/quic_conf.h"

#include "conf/setters.h"
#include "proto/quic.h"

namespace proxy {

namespace {

constexpr std::string_view kSharedKind = "quic";

struct Memory {
  shm::SegmentPtr segment;
};

base::Result<void> set_http3(void* section, const conf::Directive& directive, conf::Site& site) {
  base::Result<void> set = conf::set_flag<&QuicConf::http3>(section, directive, site);
  if (set && directive.arg(0) == "on" && !proto::has_quic())
    return base::fail("\"http3\" needs HTTP/3, which this program is built without");
  return set;
}

const conf::Row kRows[] = {
    {.name = "http3",
     .contexts = conf::kHttp | conf::kServer,
     .syntax = "on | off",
     .default_text = "on",
     .help = "HTTP/3 on the addresses that listen with quic. Handshakes for a server where it is off are "
             "refused (no_application_protocol).",
     .set = set_http3},
};

}  // namespace

const conf::Section QuicConf::kSection = conf::section<QuicConf>("quic", kRows);

base::Result<void> open_quic_memory(exchange::Builder& builder) {
  auto memory = builder.shared<Memory>(kSharedKind, "memory", [] { return std::make_shared<Memory>(); });
  if (builder.segments == nullptr || builder.test_only) return {};
  auto segment = builder.segments->open("quic", proto::QuicMemory::kLayout, proto::QuicMemory::bytes(),
                                        proto::QuicMemory::format);
  if (!segment) return tl::unexpected(segment.error());
  memory->segment = *segment;
  return {};
}

base::Result<std::optional<proto::QuicMemory>> map_quic_memory(exchange::Worker& worker) {
  std::optional<proto::QuicMemory> mapped;
  if (worker.parts() == nullptr) return mapped;
  auto memory = worker.parts()->find_shared<Memory>(kSharedKind, "memory");
  if (memory == nullptr || memory->segment == nullptr) return mapped;
  base::Result<shm::Mapping> mapping = memory->segment->map();
  if (!mapping) return tl::unexpected(mapping.error());
  mapped.emplace(std::move(*mapping));
  return mapped;
}

}  // namespace proxy
