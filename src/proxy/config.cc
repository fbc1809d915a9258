#include "proxy/config.h"

#include "conf/parser.h"
#include "exchange/core_conf.h"
#include "proxy/config_builder.h"
#include "proxy/http2_conf.h"
#include "proxy/quic_conf.h"

namespace proxy {

std::vector<const conf::Section*> all_sections(std::span<const exchange::Module* const> modules) {
  std::vector<const conf::Section*> sections = {
      &MainConf::kSection,           &EventsConf::kSection, &ServerConf::kSection, &TlsConf::kSection,
      &exchange::CoreConf::kSection, &Http2Conf::kSection,  &QuicConf::kSection,   &kRewriteSection,
      &stream::ServerConf::kSection};
  for (const exchange::Module* module : modules) {
    if (module->section != nullptr) sections.push_back(module->section);
  }
  return sections;
}

Config::Config() = default;
Config::~Config() = default;

std::shared_ptr<const Config> Config::build(conf::Tree tree, const BuildOptions& options,
                                            conf::Diagnostics& diagnostics) {
  ConfigBuilder builder(std::move(tree), options, diagnostics);
  return builder.build();
}

std::string Config::print() const {
  std::string text = conf::print(tree_);
  text += "\n# the pipeline of each route: module (priority): why it is there\n";
  for (const auto& route : router_->routes()) {
    if (route->server == nullptr) continue;
    std::string server = route->server->first_name.empty() ? "_" : route->server->first_name;
    text += fmt::format("# server {} {}\n", server,
                        route->name.empty() ? "(no location)" : "location " + route->name);
    for (const auto& [module, reason] : route->reasons) {
      text += fmt::format("#   {} ({}): {}\n", module->name, module->priority, reason);
    }
  }
  return text;
}

}  // namespace proxy
